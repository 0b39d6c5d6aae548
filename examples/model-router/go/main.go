// A plugin that decides where a request goes: long prompts to a provider of their own.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "model-router-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
			ConfigFields: []plugin.ConfigField{
				{Name: "provider", Type: "string", Description: "Provider for long requests. Without it nothing is routed."},
				{Name: "model", Type: "string", Description: "Model to ask that provider for. Default: the requested one."},
				{Name: "bytes", Type: "integer", Description: "A request is long from this size of its body on. Default: 20000."},
			},
		},
		Capabilities: plugin.Capabilities{ModelRouter: true},
		Configure:    configure,
		Methods: plugin.Methods{
			"model.route": plugin.Handle(route),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
