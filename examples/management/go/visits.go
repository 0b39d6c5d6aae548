package main

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"
	"sync/atomic"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

const apiPath = "/visits"

var visits atomic.Int64

// register names the routes. The proxy puts the API behind its management key; pages are open to everybody.
func register(plugin.ManagementRequest) (plugin.ManagementRoutes, error) {
	return plugin.ManagementRoutes{
		Routes: []plugin.ManagementRoute{
			{Method: http.MethodGet, Path: apiPath, Description: "Number of visits of the page"},
			{Method: http.MethodDelete, Path: apiPath, Description: "Begins to count anew"},
		},
		Resources: []plugin.ResourceRoute{{Path: "/page", Menu: "Visits", Description: "A page that counts its visits"}},
	}, nil
}

// handle gets every request for one of the routes, with its full path.
func handle(request plugin.PageRequest) (plugin.Page, error) {
	switch {
	case strings.HasSuffix(request.Path, "/page"):
		name := "visitor"
		if given := request.Query["name"]; len(given) > 0 {
			name = given[0]
		}
		// What came from outside is escaped: nobody does it for pages.
		text := fmt.Sprintf("<!doctype html><title>Visits</title><p>Hello %s, this is visit %d.</p>\n", html.EscapeString(name), visits.Add(1))
		return page(http.StatusOK, "text/html; charset=utf-8", []byte(text)), nil
	case strings.HasSuffix(request.Path, apiPath):
		if request.Method == http.MethodDelete {
			visits.Store(0)
		}
		body, err := json.Marshal(map[string]int64{"visits": visits.Load()})
		return page(http.StatusOK, "application/json", body), err
	}
	return page(http.StatusNotFound, "text/plain; charset=utf-8", []byte("not found\n")), nil
}

func page(status int, contentType string, body []byte) plugin.Page {
	return plugin.Page{StatusCode: status, Headers: plugin.Headers{"Content-Type": {contentType}}, Body: body}
}
