package plugin

import "net/http"

// Headers are HTTP header fields. Names that come from the host are in canonical form, such as "Content-Type".
type Headers map[string][]string

// Get gives the first value of a field in any spelling, or "".
func (h Headers) Get(name string) string { return http.Header(h).Get(name) }
