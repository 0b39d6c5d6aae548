package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
)

// HostCall sends a request to a method of the host and gives the bytes of its envelope. It waits for the answer, which
// can take long; any number of goroutines may call at once.
type HostCall func(method string, request []byte) ([]byte, error)

var host atomic.Pointer[HostCall]

// ConnectHost says how the host is called. The package library does it at the start; a test gives its own.
func ConnectHost(call HostCall) { host.Store(&call) }

// CallHost calls a method of the host, such as "host.http.do". An error of the host comes back as an *Error.
func CallHost[Result any](method string, request any) (Result, error) {
	var result Result
	call := host.Load()
	if call == nil {
		return result, errors.New("there is no host to call yet")
	}
	encoded, err := json.Marshal(request)
	if err != nil {
		return result, fmt.Errorf("cannot write the request of %s: %w", method, err)
	}
	body, err := (*call)(method, encoded)
	if err != nil {
		return result, err
	}
	var answer envelope
	if err := json.Unmarshal(body, &answer); err != nil {
		return result, fmt.Errorf("cannot read the answer of %s: %w", method, err)
	}
	if !answer.OK {
		if answer.Error == nil {
			answer.Error = &Error{Message: "the host call failed"}
		}
		return result, answer.Error
	}
	if len(answer.Result) > 0 {
		err = json.Unmarshal(answer.Result, &result)
	}
	return result, err
}

// Log writes a line to the host's log. level is one of "trace", "debug", "info", "warn" and "error". callback is the
// HostCallbackID of the request that is being answered, or "". A line that cannot be written is dropped: a log is no
// reason to fail.
func Log(level, callback, message string, fields map[string]any) {
	_, _ = CallHost[Empty]("host.log", struct {
		HostCallbackID string         `json:"host_callback_id,omitempty"`
		Level          string         `json:"level"`
		Message        string         `json:"message"`
		Fields         map[string]any `json:"fields,omitempty"`
	}{callback, level, message, fields})
}

// EmitChunk adds a chunk to the stream of an executor.execute_stream call. It waits while the host's queue is full and
// fails when nobody reads the stream any more.
func EmitChunk(stream string, payload []byte) error {
	_, err := CallHost[Empty]("host.stream.emit", struct {
		StreamID string `json:"stream_id"`
		Payload  []byte `json:"payload"`
	}{stream, payload})
	return err
}

// CloseStream ends a stream. A failure, unless "", is what the client is told after the last chunk.
func CloseStream(stream, failure string) error {
	_, err := CallHost[Empty]("host.stream.close", struct {
		StreamID string `json:"stream_id"`
		Error    string `json:"error,omitempty"`
	}{stream, failure})
	return err
}
