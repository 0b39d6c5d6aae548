// A plugin that owns a kind of credential: it reads the files, logs people in and renews tokens.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "auth-provider-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
			ConfigFields: []plugin.ConfigField{
				{Name: "polls", Type: "integer", Description: "How often a log-in is asked for before it succeeds. Default: 2."},
			},
		},
		Capabilities: plugin.Capabilities{AuthProvider: true},
		Configure:    configure,
		Methods: plugin.Methods{
			"auth.identifier":  plugin.Identifier(provider),
			"auth.parse":       plugin.Handle(parse),
			"auth.login.start": plugin.Handle(startLogin),
			"auth.login.poll":  plugin.Handle(pollLogin),
			"auth.refresh":     plugin.Handle(refresh),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
