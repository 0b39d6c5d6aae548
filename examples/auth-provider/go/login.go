package main

import (
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

const loginLifetime = 10 * time.Minute

var (
	pollsUntilSuccess atomic.Int64

	mutex  sync.Mutex
	logins = map[string]*login{}
)

type login struct {
	polls   int64
	expires time.Time
}

func configure(settings plugin.Settings) error {
	polls, err := settings.Int("polls", 2, 1)
	if err == nil {
		pollsUntilSuccess.Store(int64(polls))
	}
	return err
}

// startLogin begins a log-in with a device code, as many providers have it. A real one asks the provider for the code.
func startLogin(plugin.LoginStartRequest) (plugin.LoginStart, error) {
	code := make([]byte, 8)
	if _, err := rand.Read(code); err != nil {
		return plugin.LoginStart{}, err
	}
	state := "device-" + hex.EncodeToString(code)
	now := time.Now()
	expires := now.Add(loginLifetime)
	mutex.Lock()
	defer mutex.Unlock()
	for other, pending := range logins {
		if now.After(pending.expires) {
			delete(logins, other)
		}
	}
	logins[state] = &login{expires: expires}
	return plugin.LoginStart{
		Provider:  provider,
		URL:       "https://login.example.invalid/device?code=" + url.QueryEscape(state),
		State:     state,
		ExpiresAt: expires,
		Metadata:  map[string]any{"started_at": now.Format(time.RFC3339)},
	}, nil
}

// pollLogin is asked again and again while the person types the code.
func pollLogin(request plugin.LoginPollRequest) (plugin.LoginPoll, error) {
	mutex.Lock()
	defer mutex.Unlock()
	pending, known := logins[request.State]
	if !known || time.Now().After(pending.expires) {
		return plugin.LoginPoll{Status: "error", Message: "this log-in is unknown or too old: start it again"}, nil
	}
	pending.polls++
	if pending.polls < pollsUntilSuccess.Load() {
		return plugin.LoginPoll{Status: "pending"}, nil
	}
	delete(logins, request.State)
	auth, err := stored{Email: "jane@example.invalid", Token: request.State}.auth()
	auth.FileName = provider + "-" + request.State + ".json"
	return plugin.LoginPoll{Status: "success", Auth: auth}, err
}
