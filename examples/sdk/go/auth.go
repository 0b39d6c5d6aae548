package plugin

import "time"

// AuthData is a credential.
type AuthData struct {
	Provider         string            `json:",omitempty"`
	ID               string            `json:",omitempty"`
	FileName         string            `json:",omitempty"`
	Label            string            `json:",omitempty"`
	Prefix           string            `json:",omitempty"`
	ProxyURL         string            `json:",omitempty"`
	Disabled         bool              `json:",omitempty"`
	StorageJSON      []byte            `json:",omitempty"` // a JSON object: what is kept in the file
	Metadata         map[string]any    `json:",omitempty"`
	Attributes       map[string]string `json:",omitempty"`
	NextRefreshAfter time.Time
}

// AuthParseRequest is the request of auth.parse: a credential file was found.
type AuthParseRequest struct {
	Provider string
	Path     string
	FileName string
	RawJSON  []byte
	Host     HostConfig
}

// AuthParseResult is the result of auth.parse. Not Handled: the file is somebody else's.
type AuthParseResult struct {
	Handled bool
	Auth    AuthData
	Auths   []AuthData
}

// LoginStartRequest is the request of auth.login.start.
type LoginStartRequest struct {
	Provider       string
	BaseURL        string
	Host           HostConfig
	Metadata       map[string]any
	HostCallbackID string `json:"host_callback_id"`
}

// LoginStart is the result of auth.login.start.
type LoginStart struct {
	Provider string
	// URL is the address that the person opens.
	URL string
	// State names the login: at most 128 letters, digits, "-", "_" and ".".
	State     string
	ExpiresAt time.Time
	// Metadata comes back in every poll.
	Metadata map[string]any
}

// LoginPollRequest is the request of auth.login.poll.
type LoginPollRequest struct {
	Provider       string
	State          string
	Host           HostConfig
	Metadata       map[string]any
	HostCallbackID string `json:"host_callback_id"`
}

// LoginPoll is the result of auth.login.poll.
type LoginPoll struct {
	// Status is "pending", "success" or "error".
	Status  string
	Message string
	Auth    AuthData
	Auths   []AuthData
}

// RefreshRequest is the request of auth.refresh.
type RefreshRequest struct {
	AuthID         string
	AuthProvider   string
	StorageJSON    []byte
	Metadata       map[string]any
	Attributes     map[string]string
	Host           HostConfig
	HostCallbackID string `json:"host_callback_id"`
}

// Refreshed is the result of auth.refresh. Blank fields of Auth keep their value; maps replace the old ones as a whole.
type Refreshed struct {
	Auth             AuthData
	NextRefreshAfter time.Time
}

// FrontendAuthRequest is the request of frontend_auth.authenticate: who sent this request?
type FrontendAuthRequest struct {
	Method  string
	Path    string
	Headers Headers
	Query   map[string][]string
	Body    []byte
}

// FrontendAuth is the result of frontend_auth.authenticate. Not Authenticated: somebody else may know the client.
type FrontendAuth struct {
	Authenticated bool
	// Principal names the client in usage records.
	Principal string
	Metadata  map[string]string
}
