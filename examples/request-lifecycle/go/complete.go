package main

import (
	"sync/atomic"
	"time"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

var slow atomic.Int64

func configure(settings plugin.Settings) error {
	limit, err := settings.Int("slow_ms", 10_000, 1)
	if err == nil {
		slow.Store(int64(limit) * int64(time.Millisecond))
	}
	return err
}

// complete is called once for each request, when its client has long been served. Nobody waits for the answer.
func complete(request plugin.Completion) (plugin.Empty, error) {
	took := request.CompletedAt.Sub(request.StartedAt)
	level := "info"
	if int64(took) > slow.Load() || request.Outcome == "failed" {
		level = "warn"
	}
	plugin.Log(level, request.HostCallbackID, "request ended", map[string]any{
		"outcome": request.Outcome,
		"model":   request.RequestedModel,
		"status":  request.StatusCode,
		"took_ms": took.Milliseconds(),
	})
	return plugin.Empty{}, nil
}
