// A plugin for cliproxy: it adds a header to every answer.
package main

import (
	"sync/atomic"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "my-plugin",
			Version:          "0.1.0",
			Author:           "unknown",
			GitHubRepository: "https://example.invalid/my-plugin",
			ConfigFields: []plugin.ConfigField{
				{Name: "header", Type: "string", Description: "Header field to add. Default: X-Plugin."},
			},
		},
		// Each capability makes the proxy call its methods; sdk/registration.go has all of them.
		Capabilities: plugin.Capabilities{ResponseInterceptor: true},
		Configure:    configure,
		Methods: plugin.Methods{
			"response.intercept_after": plugin.Handle(after),
		},
	})
}

// header is replaced as a whole, because methods run on many threads, also while settings change.
var header atomic.Pointer[string]

// configure is called at the start and whenever any configuration changes.
func configure(settings plugin.Settings) error {
	name := settings.Text("header", "X-Plugin")
	header.Store(&name)
	return nil
}

// after is called with every whole answer, right before the client gets it.
func after(request plugin.ResponseInterceptRequest) (plugin.ResponseIntercepted, error) {
	return plugin.ResponseIntercepted{Headers: plugin.Headers{*header.Load(): {"my-plugin"}}}, nil
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
