package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

type settings struct {
	greeting string
	// byHost: streams go through host.stream.emit, as an executor does that hears from its provider bit by bit.
	byHost bool
}

var current atomic.Pointer[settings]

func configure(values plugin.Settings) error {
	stream, err := values.OneOf("stream", "inline", "host")
	if err != nil {
		return err
	}
	current.Store(&settings{greeting: values.Text("greeting", "You said: "), byHost: stream == "host"})
	return nil
}

// chat is what this executor reads of a chat completion request.
type chat struct {
	Messages []struct {
		Content string `json:"content"`
	} `json:"messages"`
}

// words gives the answer, cut where the stream's chunks begin.
func words(payload []byte) ([]string, error) {
	var request chat
	if err := json.Unmarshal(payload, &request); err != nil {
		return nil, &plugin.Error{Code: "invalid_body", Message: "cannot read the chat request: " + err.Error(), HTTPStatus: http.StatusBadRequest}
	}
	if len(request.Messages) == 0 {
		return nil, &plugin.Error{Code: "no_messages", Message: "messages is empty", HTTPStatus: http.StatusBadRequest}
	}
	said := request.Messages[len(request.Messages)-1].Content
	return strings.SplitAfter(current.Load().greeting+said, " "), nil
}

func usage(request plugin.ExecutorRequest, answer []string) map[string]int {
	prompt := len(strings.Fields(string(request.Payload)))
	return map[string]int{"prompt_tokens": prompt, "completion_tokens": len(answer), "total_tokens": prompt + len(answer)}
}

// execute answers with what the client said last.
func execute(request plugin.ExecutorRequest) (plugin.ExecutorAnswer, error) {
	answer, err := words(request.Payload)
	if err != nil {
		return plugin.ExecutorAnswer{}, err
	}
	payload, err := json.Marshal(map[string]any{
		"id": "chatcmpl-echo", "object": "chat.completion", "created": 0, "model": request.Model,
		"choices": []any{map[string]any{
			"index": 0, "finish_reason": "stop",
			"message": map[string]any{"role": "assistant", "content": strings.Join(answer, "")},
		}},
		"usage": usage(request, answer),
	})
	return plugin.ExecutorAnswer{Payload: payload, Headers: plugin.Headers{"Content-Type": {"application/json"}}}, err
}

func chunk(model string, delta map[string]any, finish any) []byte {
	encoded, err := json.Marshal(map[string]any{
		"id": "chatcmpl-echo", "object": "chat.completion.chunk", "created": 0, "model": model,
		"choices": []any{map[string]any{"index": 0, "delta": delta, "finish_reason": finish}},
	})
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return encoded
}

// executeStream gives one chunk for each word, here and now or through the host.
func executeStream(request plugin.ExecutorRequest) (plugin.ExecutorStream, error) {
	answer, err := words(request.Payload)
	if err != nil {
		return plugin.ExecutorStream{}, err
	}
	stream := plugin.ExecutorStream{Headers: plugin.Headers{"Content-Type": {"text/event-stream"}}}
	chunks := [][]byte{}
	for _, word := range answer {
		chunks = append(chunks, chunk(request.Model, map[string]any{"content": word}, nil))
	}
	chunks = append(chunks, chunk(request.Model, map[string]any{}, "stop"))
	if current.Load().byHost && request.StreamID != "" {
		// The host sends nothing to the client before this call has returned, so the chunks follow from elsewhere.
		go emit(request.StreamID, chunks)
		return stream, nil
	}
	for _, payload := range chunks {
		stream.Chunks = append(stream.Chunks, plugin.StreamChunk{Payload: payload})
	}
	return stream, nil
}

// emit ends early when nobody reads any more.
func emit(stream string, chunks [][]byte) {
	for _, payload := range chunks {
		if plugin.EmitChunk(stream, payload) != nil {
			break
		}
	}
	_ = plugin.CloseStream(stream, "")
}

// countTokens takes a word for a token.
func countTokens(request plugin.ExecutorRequest) (plugin.ExecutorAnswer, error) {
	payload, err := json.Marshal(map[string]int{"total_tokens": len(strings.Fields(string(request.Payload)))})
	return plugin.ExecutorAnswer{Payload: payload}, err
}

// httpRequest sends a request of the host with the credential's token, through the host's own HTTP client.
func httpRequest(request plugin.HTTPRequest) (plugin.HTTPAnswer, error) {
	headers := plugin.Headers{}
	for name, values := range request.Headers {
		headers[name] = values
	}
	if token, ok := request.Metadata["token"].(string); ok {
		headers["Authorization"] = []string{"Bearer " + token}
	}
	return plugin.CallHost[plugin.HTTPAnswer]("host.http.do", map[string]any{
		"host_callback_id": request.HostCallbackID,
		"method":           request.Method,
		"url":              request.URL,
		"headers":          headers,
		"body":             request.Body,
	})
}
