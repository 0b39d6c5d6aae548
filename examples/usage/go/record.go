package main

import (
	"encoding/json"
	"os"
	"sync"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

var (
	mutex sync.Mutex
	path  string
)

func configure(settings plugin.Settings) error {
	mutex.Lock()
	defer mutex.Unlock()
	path = settings["file"]
	return nil
}

type line struct {
	Client    string `json:"client"`
	Provider  string `json:"provider"`
	Model     string `json:"model"`
	Failed    bool   `json:"failed,omitempty"`
	Input     int64  `json:"input_tokens"`
	Output    int64  `json:"output_tokens"`
	LatencyMs int64  `json:"latency_ms"`
}

// record is called for one attempt after another, never by a waiting client. A slow disk delays other observers only.
func record(usage plugin.UsageRecord) (plugin.Empty, error) {
	encoded, err := json.Marshal(line{
		Client:    usage.APIKey,
		Provider:  usage.Provider,
		Model:     usage.Model,
		Failed:    usage.Failed,
		Input:     usage.Detail.InputTokens,
		Output:    usage.Detail.OutputTokens,
		LatencyMs: usage.Latency.Milliseconds(),
	})
	if err != nil {
		return plugin.Empty{}, err
	}
	return plugin.Empty{}, write(encoded)
}

func write(encoded []byte) error {
	mutex.Lock()
	defer mutex.Unlock()
	if path == "" {
		plugin.Log("info", "", "usage "+string(encoded), nil)
		return nil
	}
	// Opened for each line, so that the file may be moved away at any time.
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(encoded, '\n'))
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
