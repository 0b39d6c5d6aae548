// A plugin with a page for browsers and an API for administrators.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "management-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
		},
		Capabilities: plugin.Capabilities{ManagementAPI: true},
		Methods: plugin.Methods{
			"management.register": plugin.Handle(register),
			"management.handle":   plugin.Handle(handle),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
