// A plugin that tidies answers before and after they are translated.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "response-normalizers-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
			ConfigFields: []plugin.ConfigField{
				{Name: "remove", Type: "string", Description: "Fields, with commas between them, that no provider shall bring in. Default: provider_specific_fields."},
				{Name: "fingerprint", Type: "string", Description: "Value of system_fingerprint in chat completions; not touched without it."},
			},
		},
		Capabilities: plugin.Capabilities{ResponseBeforeTranslator: true, ResponseAfterTranslator: true},
		Configure:    configure,
		Methods: plugin.Methods{
			"response.normalize_before": plugin.Handle(before),
			"response.normalize_after":  plugin.Handle(after),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
