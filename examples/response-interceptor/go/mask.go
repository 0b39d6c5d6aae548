package main

import (
	"bytes"
	"regexp"
	"sync/atomic"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

// address matches what looks like an e-mail address inside JSON text; it cannot match a quote or a backslash.
var address = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)

var mask atomic.Pointer[[]byte]

func configure(settings plugin.Settings) error {
	text := []byte(settings.Text("mask", "[e-mail]"))
	mask.Store(&text)
	return nil
}

// after gets whole answers only. Headers that are set here reach the client.
func after(request plugin.ResponseInterceptRequest) (plugin.ResponseIntercepted, error) {
	answer := plugin.ResponseIntercepted{Headers: plugin.Headers{"X-Model": {request.Model}}}
	if masked := address.ReplaceAllLiteral(request.Body, *mask.Load()); !bytes.Equal(masked, request.Body) {
		answer.Body = masked
	}
	return answer, nil
}
