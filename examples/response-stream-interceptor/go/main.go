// A plugin that thins out streams: chunks that say nothing are dropped.
package main

import (
	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
	"github.com/cliproxy/cliproxy/examples/sdk/go/library"
)

func init() {
	library.Serve(plugin.Definition{
		Metadata: plugin.Metadata{
			Name:             "response-stream-interceptor-example",
			Version:          "0.1.0",
			Author:           "cliproxy",
			GitHubRepository: "https://github.com/cliproxy/cliproxy",
		},
		Capabilities: plugin.Capabilities{ResponseStreamInterceptor: true},
		Methods: plugin.Methods{
			"response.intercept_stream_chunk": plugin.Handle(chunk),
		},
	})
}

// A c-shared library needs a main function. Nobody calls it.
func main() {}
