package main

import (
	"encoding/json"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

// openAIChunk is what tells an empty chunk from one that says something.
type openAIChunk struct {
	Usage   json.RawMessage `json:"usage"`
	Choices []struct {
		Delta        map[string]any `json:"delta"`
		FinishReason *string        `json:"finish_reason"`
	} `json:"choices"`
}

// chunk is called before the first chunk, with the index -1, and for each one that follows.
func chunk(request plugin.ChunkRequest) (plugin.ResponseIntercepted, error) {
	if request.ChunkIndex < 0 {
		return plugin.ResponseIntercepted{Headers: plugin.Headers{"X-Stream": {"thinned"}}}, nil
	}
	return plugin.ResponseIntercepted{DropChunk: request.SourceFormat == "openai" && isEmpty(request.Body)}, nil
}

func isEmpty(body []byte) bool {
	var chunk openAIChunk
	if json.Unmarshal(body, &chunk) != nil || len(chunk.Choices) == 0 || len(chunk.Usage) > 0 && string(chunk.Usage) != "null" {
		return false
	}
	for _, choice := range chunk.Choices {
		if choice.FinishReason != nil {
			return false
		}
		for _, value := range choice.Delta {
			if value != nil && value != "" {
				return false
			}
		}
	}
	return true
}
