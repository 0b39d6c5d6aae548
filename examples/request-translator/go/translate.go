package main

import (
	"encoding/json"
	"fmt"
	"strings"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

// Formats between which this plugin translates. "lab-native" is the invented protocol of the response-translator and
// thinking-applier examples.
const (
	fromFormat = "openai"
	toFormat   = "lab-native"
)

type chatRequest struct {
	MaxTokens int `json:"max_tokens"`
	Messages  []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
}

type labRequest struct {
	Model  string    `json:"m"`
	Limit  int       `json:"limit,omitempty"`
	Stream bool      `json:"live,omitempty"`
	Turns  []labTurn `json:"turns"`
}

type labTurn struct {
	Who  string `json:"who"`
	Text string `json:"text"`
}

// translate answers for its own pair of formats. An empty answer leaves the request to the next plugin.
func translate(request plugin.TranslateRequest) (plugin.Body, error) {
	if request.FromFormat != fromFormat || request.ToFormat != toFormat {
		return plugin.Body{}, nil
	}
	var chat chatRequest
	if err := json.Unmarshal(request.Body, &chat); err != nil {
		return plugin.Body{}, fmt.Errorf("cannot read the chat request: %w", err)
	}
	// "model(high)" asks for thinking, which the thinking-applier example writes into the body.
	model, _, _ := strings.Cut(request.Model, "(")
	lab := labRequest{Model: model, Limit: chat.MaxTokens, Stream: request.Stream, Turns: []labTurn{}}
	for _, message := range chat.Messages {
		lab.Turns = append(lab.Turns, labTurn{Who: message.Role, Text: message.Content})
	}
	body, err := json.Marshal(lab)
	return plugin.Body{Body: body}, err
}
