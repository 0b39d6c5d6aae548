package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

type settings struct {
	forbidden [][]byte
	header    string
}

var current atomic.Pointer[settings]

func configure(values plugin.Settings) error {
	next := settings{header: values["header"]}
	for _, word := range strings.Split(values["forbidden"], ",") {
		if word = strings.ToLower(strings.TrimSpace(word)); word != "" {
			next.forbidden = append(next.forbidden, []byte(word))
		}
	}
	current.Store(&next)
	return nil
}

// before is called once for each request, before a credential is chosen. Terminate answers the client at once.
func before(request plugin.InterceptRequest) (plugin.Intercepted, error) {
	text := bytes.ToLower(request.Body)
	for _, word := range current.Load().forbidden {
		if !bytes.Contains(text, word) {
			continue
		}
		body, err := json.Marshal(map[string]any{"error": map[string]any{
			"type": "forbidden_word", "message": "this gateway does not pass on requests with the word " + string(word),
		}})
		return plugin.Intercepted{
			Terminate:       true,
			StatusCode:      http.StatusForbidden,
			ResponseHeaders: plugin.Headers{"X-Rejected-By": {"request-interceptor-example"}},
			ResponseBody:    body,
		}, err
	}
	return plugin.Intercepted{}, nil
}

// after is called before each attempt, when the credential is known. What it changes holds for that attempt.
func after(request plugin.InterceptRequest) (plugin.Intercepted, error) {
	header := current.Load().header
	credential, chosen := request.Metadata["selected_auth_id"].(string)
	if header == "" || !chosen {
		return plugin.Intercepted{}, nil
	}
	return plugin.Intercepted{Headers: plugin.Headers{header: {credential}}}, nil
}
