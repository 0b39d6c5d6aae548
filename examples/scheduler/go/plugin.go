package main

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
)

// plugin answers the methods of the ABI. It is safe for calls from many threads: the settings are replaced as a
// whole, and a pick works with the ones that it found when it began.
type plugin struct {
	settings atomic.Pointer[settings]
}

func newPlugin() *plugin {
	p := &plugin{}
	p.settings.Store(&settings{})
	return p
}

// call answers one method with an encoded envelope.
func (p *plugin) call(method string, request []byte) []byte {
	result, err := p.dispatch(method, request)
	if err != nil {
		return errorEnvelope(err)
	}
	return resultEnvelope(result)
}

func (p *plugin) dispatch(method string, request []byte) (any, *callError) {
	switch method {
	case "plugin.register", "plugin.reconfigure":
		return p.configure(method, request)
	case "scheduler.pick":
		return p.pick(method, request)
	case "plugin.shutdown":
		return struct{}{}, nil
	default:
		return nil, &callError{Code: "unknown_method", Message: fmt.Sprintf("the scheduler plugin has no method %q", method)}
	}
}

// configure takes over new settings and gives the registration. When they are wrong, the former ones stay.
// The host calls it often, also when nothing changed.
func (p *plugin) configure(method string, request []byte) (any, *callError) {
	var lifecycle struct {
		ConfigYAML []byte `json:"config_yaml"`
	}
	if err := decode(method, request, &lifecycle); err != nil {
		return nil, err
	}
	next, err := parseSettings(string(lifecycle.ConfigYAML))
	if err != nil {
		return nil, &callError{Code: "invalid_config", Message: err.Error()}
	}
	p.settings.Store(&next)
	return registered, nil
}

func (p *plugin) pick(method string, request []byte) (any, *callError) {
	var pick pickRequest
	if err := decode(method, request, &pick); err != nil {
		return nil, err
	}
	decision, err := decide(*p.settings.Load(), pick.Candidates)
	if err != nil {
		return nil, err
	}
	return decision, nil
}

func decode(method string, request []byte, into any) *callError {
	if err := json.Unmarshal(request, into); err != nil {
		return &callError{Code: "invalid_request", Message: fmt.Sprintf("cannot read the request of %s: %v", method, err)}
	}
	return nil
}
