// A provider of its own: a plugin that brings models and answers the requests for them.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "model-provider-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
			ConfigFields: []plugin.ConfigField{
				{Name: "stream", Type: "enum", EnumValues: []string{"inline", "host"}, Description: "How streams are delivered. Default: inline."},
				{Name: "greeting", Type: "string", Description: "Text in front of every answer."},
			},
		},
		Capabilities: plugin.Capabilities{
			ModelProvider:         true,
			Executor:              true,
			ExecutorModelScope:    "both",
			ExecutorInputFormats:  []string{"openai"},
			ExecutorOutputFormats: []string{"openai"},
		},
		Configure: configure,
		Methods: plugin.Methods{
			"model.static":            plugin.Handle(staticModels),
			"model.for_auth":          plugin.Handle(modelsForAuth),
			"executor.identifier":     plugin.Identifier(provider),
			"executor.execute":        plugin.Handle(execute),
			"executor.execute_stream": plugin.Handle(executeStream),
			"executor.count_tokens":   plugin.Handle(countTokens),
			"executor.http_request":   plugin.Handle(httpRequest),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
