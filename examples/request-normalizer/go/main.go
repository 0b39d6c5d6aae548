// A plugin that holds request bodies to a limit of output tokens.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "request-normalizer-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
			ConfigFields: []plugin.ConfigField{
				{Name: "max_tokens", Type: "integer", Description: "Most output tokens that a request may ask for. Default: 4096."},
			},
		},
		Capabilities: plugin.Capabilities{RequestNormalizer: true},
		Configure:    configure,
		Methods: plugin.Methods{
			"request.normalize": plugin.Handle(normalize),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
