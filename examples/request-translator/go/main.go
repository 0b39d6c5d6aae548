// A plugin that turns chat requests into the protocol of a provider that nobody else speaks.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "request-translator-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
		},
		Capabilities: plugin.Capabilities{RequestTranslator: true},
		Methods: plugin.Methods{
			"request.translate": plugin.Handle(translate),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
