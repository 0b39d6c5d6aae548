// Package plugin is what the Go examples share: the messages of the plugin ABI as Go structures, the envelope around
// every answer, and the way to the host's own methods. It has no C in it, so that a plugin's logic can be tested with
// a plain "go test"; the C functions are in the package library.
package plugin

import (
	"encoding/json"
	"fmt"
)

// SchemaVersion is the message schema that the structures of this package follow.
const SchemaVersion = 3

// Definition is a whole plugin.
type Definition struct {
	Metadata     Metadata
	Capabilities Capabilities
	// Configure takes over new settings; nil when the plugin has none. It is called at the start and on every change of
	// any configuration, also while methods run, so it must be cheap and safe beside them. When it fails, the plugin
	// is set aside until settings come that it takes.
	Configure func(Settings) error
	// Methods are the methods that the capabilities promise.
	Methods Methods
	// Shutdown gives back what the plugin holds; may be nil. It is called once, after the last method has returned.
	Shutdown func()
}

// Methods are the answers of a plugin by method name.
type Methods map[string]Method

// Method answers one method: it gets the request's JSON and gives the envelope's result. Made by Handle.
type Method func(request []byte) (result any, err error)

// Handle makes a Method of a function over structures. Calls come from many threads at once.
// An *Error reaches the host as it is; of any other error only the text.
func Handle[Request, Result any](answer func(Request) (Result, error)) Method {
	return func(body []byte) (any, error) {
		var request Request
		if err := json.Unmarshal(body, &request); err != nil {
			return nil, &Error{Code: "invalid_request", Message: fmt.Sprintf("cannot read the request: %v", err)}
		}
		return answer(request)
	}
}

// Identifier makes the Method of auth.identifier, executor.identifier, frontend_auth.identifier and
// thinking.identifier. The host asks often, so the answer never changes.
func Identifier(name string) Method {
	return func([]byte) (any, error) {
		return struct {
			Identifier string `json:"identifier"`
		}{name}, nil
	}
}

// Empty is a message without fields.
type Empty struct{}

// Answer answers one method with an encoded envelope. It never panics: a panic that left the library would end the
// process that holds it.
func (d *Definition) Answer(method string, request []byte) (body []byte) {
	defer func() {
		if reason := recover(); reason != nil {
			body = failure(&Error{Code: "plugin_panic", Message: fmt.Sprintf("the plugin panicked in %s: %v", method, reason)})
		}
	}()
	result, err := d.dispatch(method, request)
	if err != nil {
		return failure(err)
	}
	return success(result)
}

func (d *Definition) dispatch(method string, request []byte) (any, error) {
	switch method {
	case "plugin.register", "plugin.reconfigure":
		return d.configure(request)
	}
	answer, known := d.Methods[method]
	if !known {
		return nil, &Error{Code: "unknown_method", Message: fmt.Sprintf("%s has no method %q", d.Metadata.Name, method)}
	}
	return answer(request)
}

func (d *Definition) configure(body []byte) (any, error) {
	var request struct {
		ConfigYAML []byte `json:"config_yaml"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, &Error{Code: "invalid_request", Message: fmt.Sprintf("cannot read the request: %v", err)}
	}
	if d.Configure != nil {
		settings, err := ReadSettings(string(request.ConfigYAML))
		if err == nil {
			err = d.Configure(settings)
		}
		if err != nil {
			return nil, &Error{Code: "invalid_config", Message: err.Error()}
		}
	}
	return struct {
		SchemaVersion uint32       `json:"schema_version"`
		Metadata      Metadata     `json:"metadata"`
		Capabilities  Capabilities `json:"capabilities"`
	}{SchemaVersion, d.Metadata, d.Capabilities}, nil
}
