package main

import (
	"encoding/json"
	"fmt"
)

// envelope is the outer object of every answer: a result or an error.
type envelope struct {
	OK     bool       `json:"ok"`
	Result any        `json:"result,omitempty"`
	Error  *callError `json:"error,omitempty"`
}

// callError is an error as the host reads it. The message reaches people, so it says what is wrong and where.
type callError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	// HTTPStatus is the status for the client whose request this error ends. 0 leaves the choice to the host.
	HTTPStatus int `json:"http_status,omitempty"`
}

func (e *callError) Error() string { return e.Code + ": " + e.Message }

func resultEnvelope(result any) []byte { return encode(envelope{OK: true, Result: result}) }

func errorEnvelope(err *callError) []byte { return encode(envelope{Error: err}) }

// encode cannot fail for the plain structures of this plugin; if it ever does, orPanicEnvelope reports it.
func encode(answer envelope) []byte {
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	return body
}

// orPanicEnvelope runs answer and turns a panic into an error envelope: a panic that left the library would end
// the host's process.
func orPanicEnvelope(answer func() []byte) (body []byte) {
	defer func() {
		if reason := recover(); reason != nil {
			body = errorEnvelope(&callError{Code: "plugin_panic", Message: fmt.Sprintf("the scheduler plugin panicked: %v", reason)})
		}
	}()
	return answer()
}
