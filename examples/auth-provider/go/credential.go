package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

// provider is the value of "type" in the credential files that belong to this plugin.
const provider = "lab"

// stored is what a credential file holds.
type stored struct {
	Type    string `json:"type"`
	Email   string `json:"email,omitempty"`
	Token   string `json:"token"`
	Renewed int    `json:"renewed"`
}

func (s stored) auth() (plugin.AuthData, error) {
	s.Type = provider
	storage, err := json.Marshal(s)
	return plugin.AuthData{
		Provider:    provider,
		Label:       s.Email,
		StorageJSON: storage,
		// Everything of the file that later calls need comes back as their Metadata.
		Metadata: map[string]any{"type": provider, "email": s.Email, "token": s.Token, "renewed": s.Renewed},
	}, err
}

// parse reads a credential file. One without a token is left to the proxy, which says what is wrong with it.
func parse(request plugin.AuthParseRequest) (plugin.AuthParseResult, error) {
	var file stored
	if err := json.Unmarshal(request.RawJSON, &file); err != nil || file.Type != provider || file.Token == "" {
		return plugin.AuthParseResult{}, nil
	}
	auth, err := file.auth()
	auth.ID, auth.FileName = request.FileName, request.FileName
	return plugin.AuthParseResult{Handled: true, Auth: auth}, err
}

// refresh stands for the call to a token service. The maps of the answer replace the old ones, so all of it is said again.
func refresh(request plugin.RefreshRequest) (plugin.Refreshed, error) {
	var file stored
	if err := json.Unmarshal(request.StorageJSON, &file); err != nil {
		return plugin.Refreshed{}, &plugin.Error{Code: "invalid_storage", Message: fmt.Sprintf("the stored credential %s cannot be read", request.AuthID)}
	}
	file.Renewed++
	file.Token = fmt.Sprintf("%s.%d", strings.SplitN(file.Token, ".", 2)[0], file.Renewed)
	auth, err := file.auth()
	return plugin.Refreshed{Auth: auth, NextRefreshAfter: time.Now().Add(time.Hour)}, err
}
