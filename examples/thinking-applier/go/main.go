// A plugin that says in a provider's own words how much its model shall think.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "thinking-applier-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
		},
		Capabilities: plugin.Capabilities{ThinkingApplier: true},
		Methods: plugin.Methods{
			"thinking.identifier": plugin.Identifier(format),
			"thinking.apply":      plugin.Handle(apply),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
