// A plugin that adds flags to the command line of the proxy.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "command-line-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
		},
		Capabilities: plugin.Capabilities{CommandLinePlugin: true},
		Methods: plugin.Methods{
			"command_line.register": plugin.Handle(register),
			"command_line.execute":  plugin.Handle(run),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
