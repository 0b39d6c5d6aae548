// A plugin that hides e-mail addresses in answers and says which model gave them.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "response-interceptor-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
			ConfigFields: []plugin.ConfigField{
				{Name: "mask", Type: "string", Description: "Text in place of an e-mail address. Default: [e-mail]."},
			},
		},
		Capabilities: plugin.Capabilities{ResponseInterceptor: true},
		Configure:    configure,
		Methods: plugin.Methods{
			"response.intercept_after": plugin.Handle(after),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
