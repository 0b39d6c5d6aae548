// A plugin that adds models to a provider which the proxy already knows.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "model-registrar-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
			ConfigFields: []plugin.ConfigField{
				{Name: "provider", Type: "string", Description: "Provider that serves the models. Default: demo."},
				{Name: "models", Type: "string", Description: "Model names, with commas between them."},
			},
		},
		Capabilities: plugin.Capabilities{ModelRegistrar: true},
		Configure:    configure,
		Methods: plugin.Methods{
			"model.register": plugin.Handle(register),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
