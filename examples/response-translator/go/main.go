// A plugin that turns the answers of a provider that nobody else understands into chat completions.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "response-translator-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
		},
		Capabilities: plugin.Capabilities{ResponseTranslator: true},
		Methods: plugin.Methods{
			"response.translate": plugin.Handle(translate),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
