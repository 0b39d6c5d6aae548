// A plugin that knows the proxy's clients: by badges in a header instead of API keys.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "frontend-auth-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
			ConfigFields: []plugin.ConfigField{
				{Name: "header", Type: "string", Description: "Header field with the badge. Default: X-Badge."},
				{Name: "badges", Type: "string", Description: "Pairs of name=secret, with commas between them."},
			},
		},
		Capabilities: plugin.Capabilities{FrontendAuthProvider: true},
		Configure:    configure,
		Methods: plugin.Methods{
			"frontend_auth.identifier":   plugin.Identifier("badge"),
			"frontend_auth.authenticate": plugin.Handle(authenticate),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
