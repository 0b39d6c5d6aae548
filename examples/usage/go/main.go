// A plugin that writes down what every attempt took, one line of JSON each.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "usage-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
			ConfigFields: []plugin.ConfigField{
				{Name: "file", Type: "string", Description: "File to append to. Without it the lines go to the proxy's log."},
			},
		},
		Capabilities: plugin.Capabilities{UsagePlugin: true},
		Configure:    configure,
		Methods: plugin.Methods{
			"usage.handle": plugin.Handle(record),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
