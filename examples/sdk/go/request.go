package plugin

import "time"

// TranslateRequest is the request of request.translate and request.normalize.
type TranslateRequest struct {
	FromFormat string
	ToFormat   string
	Model      string
	Stream     bool
	Body       []byte
}

// Body is the result of request.translate, request.normalize, response.translate, response.normalize_before,
// response.normalize_after and thinking.apply. Empty: the plugin leaves the body as it is.
type Body struct {
	Body []byte
}

// InterceptRequest is the request of request.intercept_before and request.intercept_after.
type InterceptRequest struct {
	RequestID      string
	TraceID        string
	SourceFormat   string
	ToFormat       string
	Model          string
	RequestedModel string
	Stream         bool
	Headers        Headers
	Body           []byte
	Metadata       map[string]any
	HostCallbackID string `json:"host_callback_id"`
}

// Intercepted is the result of request.intercept_before and request.intercept_after. The zero value changes nothing.
type Intercepted struct {
	// Headers replace those of the same name.
	Headers Headers `json:",omitempty"`
	// Body replaces the body, unless empty.
	Body []byte `json:",omitempty"`
	// ClearHeaders are removed first.
	ClearHeaders []string `json:",omitempty"`
	// Terminate answers the client now, with the fields below.
	Terminate       bool    `json:",omitempty"`
	StatusCode      int     `json:",omitempty"`
	ResponseHeaders Headers `json:",omitempty"`
	ResponseBody    []byte  `json:",omitempty"`
}

// Completion is the request of request.complete: a client's request has ended.
type Completion struct {
	RequestID      string
	TraceID        string
	SourceFormat   string
	Model          string
	RequestedModel string
	Stream         bool
	// Outcome is "succeeded", "failed", "rejected" or "canceled".
	Outcome        string
	StatusCode     int
	Error          string
	StartedAt      time.Time
	CompletedAt    time.Time
	Metadata       map[string]any
	HostCallbackID string `json:"host_callback_id"`
}

// ThinkingRequest is the request of thinking.apply.
type ThinkingRequest struct {
	Provider       string
	Model          ModelInfo
	Config         ThinkingConfig
	Body           []byte
	HostCallbackID string `json:"host_callback_id"`
}

// ThinkingConfig is how much the client wants the model to think.
type ThinkingConfig struct {
	// Mode is "budget" (see Budget), "level" (see Level), "none" or "auto".
	Mode   string
	Budget int // tokens
	Level  string
}
