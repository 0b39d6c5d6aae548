package main

import (
	"encoding/json"
	"strings"
	"sync/atomic"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

type settings struct {
	remove      []string
	fingerprint string
}

var current atomic.Pointer[settings]

func configure(values plugin.Settings) error {
	next := settings{fingerprint: values["fingerprint"]}
	for _, field := range strings.Split(values.Text("remove", "provider_specific_fields"), ",") {
		next.remove = append(next.remove, strings.TrimSpace(field))
	}
	current.Store(&next)
	return nil
}

// before sees the body in the provider's format: it removes fields that are nobody's business.
func before(request plugin.ResponseRequest) (plugin.Body, error) {
	return change(request.Body, func(body map[string]json.RawMessage) bool {
		changed := false
		for _, field := range current.Load().remove {
			if _, there := body[field]; there {
				delete(body, field)
				changed = true
			}
		}
		return changed
	})
}

// after sees the body in the client's format.
func after(request plugin.ResponseRequest) (plugin.Body, error) {
	fingerprint := current.Load().fingerprint
	if fingerprint == "" || request.ToFormat != "openai" {
		return plugin.Body{}, nil
	}
	return change(request.Body, func(body map[string]json.RawMessage) bool {
		body["system_fingerprint"], _ = json.Marshal(fingerprint)
		return true
	})
}

// change rewrites a body that is a JSON object. Others, such as the lines of some streams, stay as they are.
func change(body []byte, edit func(map[string]json.RawMessage) bool) (plugin.Body, error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields == nil || !edit(fields) {
		return plugin.Body{}, nil
	}
	encoded, err := json.Marshal(fields)
	return plugin.Body{Body: encoded}, err
}
