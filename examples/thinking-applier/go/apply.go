package main

import (
	"encoding/json"
	"fmt"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

// format is the target format whose bodies this plugin writes to.
const format = "lab-native"

// budgets are what the invented provider takes a level for, in tokens.
var budgets = map[string]int{"minimal": 256, "low": 1024, "medium": 4096, "high": 16384}

// apply writes the setting into the body. The proxy has checked it against the model's limits where it knows them.
func apply(request plugin.ThinkingRequest) (plugin.Body, error) {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(request.Body, &body); err != nil || body == nil {
		return plugin.Body{}, fmt.Errorf("the body is not a JSON object")
	}
	var think any
	switch request.Config.Mode {
	case "budget":
		think = request.Config.Budget
	case "level":
		budget, known := budgets[request.Config.Level]
		if !known {
			return plugin.Body{}, fmt.Errorf("there is no level %q", request.Config.Level)
		}
		think = budget
	case "none":
		think = 0
	case "auto":
		think = "auto"
	default:
		return plugin.Body{}, nil
	}
	body["think"], _ = json.Marshal(think)
	encoded, err := json.Marshal(body)
	return plugin.Body{Body: encoded}, err
}
