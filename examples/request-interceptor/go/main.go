// A plugin that turns requests away, and marks those that go on.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "request-interceptor-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
			ConfigFields: []plugin.ConfigField{
				{Name: "forbidden", Type: "string", Description: "Words, with commas between them, that no request may hold."},
				{Name: "header", Type: "string", Description: "Header field that tells the provider which credential was chosen."},
			},
		},
		Capabilities: plugin.Capabilities{RequestInterceptor: true},
		Configure:    configure,
		Methods: plugin.Methods{
			"request.intercept_before": plugin.Handle(before),
			"request.intercept_after":  plugin.Handle(after),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
