package main

// The answer to plugin.register and plugin.reconfigure. The outer keys are snake_case, those of the metadata are
// spelled as the Go fields.
type registration struct {
	SchemaVersion uint32       `json:"schema_version"`
	Metadata      metadata     `json:"metadata"`
	Capabilities  capabilities `json:"capabilities"`
}

type metadata struct {
	Name             string
	Version          string
	Author           string
	GitHubRepository string
	Logo             string
	ConfigFields     []configField
}

type configField struct {
	Name        string
	Type        string
	EnumValues  []string
	Description string
}

type capabilities struct {
	Scheduler bool `json:"scheduler"`
}

var registered = registration{
	SchemaVersion: 1,
	Metadata: metadata{
		Name:             "scheduler-example",
		Version:          "0.1.0",
		Author:           "cliproxy",
		GitHubRepository: "https://github.com/cliproxy/cliproxy",
		ConfigFields: []configField{
			{Name: "auth_id", Type: "string", Description: "Credential that serves every request, as long as it is available."},
			{
				Name:        "delegate",
				Type:        "enum",
				EnumValues:  []string{fillFirst, roundRobin},
				Description: "Built-in strategy that decides instead of auth_id.",
			},
			{Name: "deny", Type: "boolean", Description: "Refuses every request with status 403."},
		},
	},
	Capabilities: capabilities{Scheduler: true},
}
