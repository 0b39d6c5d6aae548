package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"
	"sync/atomic"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

type settings struct {
	header string
	// badges are names by the hash of their secret.
	badges map[[sha256.Size]byte]string
}

var current atomic.Pointer[settings]

func configure(values plugin.Settings) error {
	next := settings{header: values.Text("header", "X-Badge"), badges: map[[sha256.Size]byte]string{}}
	for index, pair := range strings.Split(values["badges"], ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, secret, _ := strings.Cut(pair, "=")
		if name, secret = strings.TrimSpace(name), strings.TrimSpace(secret); name == "" || secret == "" {
			return fmt.Errorf("badges: entry %d is not of the form name=secret", index+1)
		}
		next.badges[sha256.Sum256([]byte(secret))] = name
	}
	current.Store(&next)
	return nil
}

// authenticate knows a client or leaves it to others: a plugin cannot turn a client away.
func authenticate(request plugin.FrontendAuthRequest) (plugin.FrontendAuth, error) {
	s := current.Load()
	badge := request.Headers.Get(s.header)
	if badge == "" {
		return plugin.FrontendAuth{}, nil
	}
	given := sha256.Sum256([]byte(badge))
	for hash, name := range s.badges {
		if subtle.ConstantTimeCompare(hash[:], given[:]) == 1 {
			return plugin.FrontendAuth{Authenticated: true, Principal: name, Metadata: map[string]string{"badge": name}}, nil
		}
	}
	return plugin.FrontendAuth{}, nil
}
