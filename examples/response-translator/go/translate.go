package main

import (
	"encoding/json"
	"fmt"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

// Formats between which this plugin translates, the counterpart of the request-translator example.
const (
	fromFormat = "lab-native"
	toFormat   = "openai"
)

// labAnswer is a whole answer, or one frame of a stream.
type labAnswer struct {
	Text string `json:"text"`
	Last bool   `json:"last"`
}

// translate answers for its own pair of formats. An empty answer leaves the body to the next plugin.
func translate(request plugin.ResponseRequest) (plugin.Body, error) {
	if request.FromFormat != fromFormat || request.ToFormat != toFormat {
		return plugin.Body{}, nil
	}
	var answer labAnswer
	if err := json.Unmarshal(request.Body, &answer); err != nil {
		return plugin.Body{}, fmt.Errorf("cannot read the answer: %w", err)
	}
	var finish any
	if answer.Last || !request.Stream {
		finish = "stop"
	}
	object, part, content := "chat.completion", "message", map[string]any{"role": "assistant", "content": answer.Text}
	if request.Stream {
		object, part, content = "chat.completion.chunk", "delta", map[string]any{"content": answer.Text}
	}
	body, err := json.Marshal(map[string]any{
		"object": object, "model": request.Model,
		"choices": []any{map[string]any{"index": 0, part: content, "finish_reason": finish}},
	})
	return plugin.Body{Body: body}, err
}
