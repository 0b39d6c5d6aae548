package plugin

import (
	"encoding/json"
	"errors"
)

// Error is an error as the host reads it.
type Error struct {
	// Code is free text for programs, such as "unknown_method".
	Code string `json:"code"`
	// Message reaches people, so it says what is wrong and where, and holds no secret.
	Message string `json:"message"`
	// HTTPStatus is the status for the client whose request this error ends. 0 leaves the choice to the host.
	HTTPStatus int `json:"http_status,omitempty"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

type envelope struct {
	OK     bool            `json:"ok"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *Error          `json:"error,omitempty"`
}

func success(result any) []byte {
	encoded, err := json.Marshal(result)
	if err != nil {
		return failure(&Error{Code: "invalid_result", Message: err.Error()})
	}
	return mustEncode(envelope{OK: true, Result: encoded})
}

func failure(err error) []byte {
	var known *Error
	if !errors.As(err, &known) {
		known = &Error{Code: "plugin_error", Message: err.Error()}
	}
	return mustEncode(envelope{Error: known})
}

func mustEncode(e envelope) []byte {
	body, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings, numbers and checked JSON always encode
	}
	return body
}
