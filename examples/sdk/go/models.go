package plugin

// ModelInfo describes one model. Only ID is needed.
type ModelInfo struct {
	ID                  string
	Object              string `json:",omitempty"`
	Created             int64  `json:",omitempty"` // Unix seconds
	OwnedBy             string `json:",omitempty"`
	Type                string `json:",omitempty"`
	DisplayName         string `json:",omitempty"`
	Description         string `json:",omitempty"`
	ContextLength       int64  `json:",omitempty"` // tokens
	MaxCompletionTokens int64  `json:",omitempty"` // tokens
	Thinking            *ThinkingSupport
}

// ThinkingSupport says how much a model can be told to think.
type ThinkingSupport struct {
	Min, Max       int // tokens
	ZeroAllowed    bool
	DynamicAllowed bool
	Levels         []string
}

// HostConfig is what the host tells of its own configuration.
type HostConfig struct {
	AuthDir          string
	ProxyURL         string
	ForceModelPrefix bool
}

// ModelsRequest is the request of model.register and model.static; model.register has no Host.
type ModelsRequest struct {
	Plugin Metadata
	Host   HostConfig
}

// ModelsForAuthRequest is the request of model.for_auth: which models does this credential serve?
type ModelsForAuthRequest struct {
	Plugin         Metadata
	AuthID         string
	AuthProvider   string
	StorageJSON    []byte
	Metadata       map[string]any
	Attributes     map[string]string
	Host           HostConfig
	HostCallbackID string `json:"host_callback_id"`
}

// Models is the result of model.register, model.static and model.for_auth.
type Models struct {
	// Provider is the provider key of all of them. model.for_auth may leave it blank.
	Provider string
	Models   []ModelInfo
}

// RouteRequest is the request of model.route.
type RouteRequest struct {
	Plugin             Metadata
	PluginID           string
	SourceFormat       string
	RequestedModel     string
	Stream             bool
	Headers            Headers
	Query              map[string][]string
	Body               []byte
	Metadata           map[string]any
	AvailableProviders []string
	HostCallbackID     string `json:"host_callback_id"`
}

// RouteDecision is the result of model.route. The zero value leaves the decision to others.
type RouteDecision struct {
	Handled bool
	// TargetKind is "self", "executor" (Target is a plugin ID) or "provider" (Target is a provider key).
	TargetKind string
	Target     string
	// TargetModel is the model to ask the provider for; blank: the requested one.
	TargetModel string
	Reason      string
}
