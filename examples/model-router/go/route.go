package main

import (
	"fmt"
	"strings"
	"sync/atomic"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

type settings struct {
	provider, model string
	bytes           int
}

var current atomic.Pointer[settings]

func configure(values plugin.Settings) error {
	bytes, err := values.Int("bytes", 20_000, 1)
	if err != nil {
		return err
	}
	current.Store(&settings{provider: strings.ToLower(values["provider"]), model: values["model"], bytes: bytes})
	return nil
}

// route sends long requests elsewhere, when there is a credential for elsewhere. Others are left to the proxy.
func route(request plugin.RouteRequest) (plugin.RouteDecision, error) {
	s := current.Load()
	if s.provider == "" || len(request.Body) < s.bytes || !contains(request.AvailableProviders, s.provider) {
		return plugin.RouteDecision{}, nil
	}
	return plugin.RouteDecision{
		Handled:     true,
		TargetKind:  "provider",
		Target:      s.provider,
		TargetModel: s.model,
		Reason:      fmt.Sprintf("the body has %d bytes", len(request.Body)),
	}, nil
}

func contains(list []string, wanted string) bool {
	for _, each := range list {
		if each == wanted {
			return true
		}
	}
	return false
}
