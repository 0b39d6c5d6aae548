package main

import (
	"encoding/json"
	"sync/atomic"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

var maxTokens atomic.Int64

func configure(settings plugin.Settings) error {
	limit, err := settings.Int("max_tokens", 4096, 1)
	if err == nil {
		maxTokens.Store(int64(limit))
	}
	return err
}

// limits are the fields with which the formats ask for output tokens.
var limits = map[string][]string{
	"openai":          {"max_tokens", "max_completion_tokens"},
	"openai-response": {"max_output_tokens"},
	"codex":           {"max_output_tokens"},
	"claude":          {"max_tokens"},
}

// normalize lowers a limit that is too high. The same body gives the same answer every time: the proxy may ask twice
// for one attempt. An empty answer leaves the body as it is, so does a body that cannot be read.
func normalize(request plugin.TranslateRequest) (plugin.Body, error) {
	var body map[string]json.RawMessage
	if json.Unmarshal(request.Body, &body) != nil {
		return plugin.Body{}, nil
	}
	most := maxTokens.Load()
	changed := false
	for _, field := range limits[request.ToFormat] {
		var asked float64
		if json.Unmarshal(body[field], &asked) != nil || asked <= float64(most) {
			continue
		}
		body[field], _ = json.Marshal(most)
		changed = true
	}
	if !changed {
		return plugin.Body{}, nil
	}
	encoded, err := json.Marshal(body)
	return plugin.Body{Body: encoded}, err
}
