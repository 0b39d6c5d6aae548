// A plugin that hears of every request's end and writes a line to the log.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "request-lifecycle-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
			ConfigFields: []plugin.ConfigField{
				{Name: "slow_ms", Type: "integer", Description: "Requests that took longer are logged as warnings. Default: 10000."},
			},
		},
		Capabilities: plugin.Capabilities{RequestLifecyclePlugin: true},
		Configure:    configure,
		Methods: plugin.Methods{
			"request.complete": plugin.Handle(complete),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
