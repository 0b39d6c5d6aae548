package plugin

// Metadata says who a plugin is. The first four fields must not be blank.
type Metadata struct {
	Name             string
	Version          string
	Author           string
	GitHubRepository string
	Logo             string
	ConfigFields     []ConfigField
}

// ConfigField describes one setting to management pages.
type ConfigField struct {
	Name string
	// Type is "string", "number", "integer", "boolean", "enum", "array" or "object".
	Type        string
	EnumValues  []string
	Description string
}

// Capabilities say which methods the host may call.
type Capabilities struct {
	ModelRegistrar                bool `json:"model_registrar,omitempty"`
	ModelProvider                 bool `json:"model_provider,omitempty"`
	AuthProvider                  bool `json:"auth_provider,omitempty"`
	FrontendAuthProvider          bool `json:"frontend_auth_provider,omitempty"`
	FrontendAuthProviderExclusive bool `json:"frontend_auth_provider_exclusive,omitempty"`
	Scheduler                     bool `json:"scheduler,omitempty"`
	ModelRouter                   bool `json:"model_router,omitempty"`
	Executor                      bool `json:"executor,omitempty"`
	// ExecutorModelScope is "both", "static" or "oauth": which models the executor serves.
	ExecutorModelScope        string   `json:"executor_model_scope,omitempty"`
	ExecutorInputFormats      []string `json:"executor_input_formats,omitempty"`
	ExecutorOutputFormats     []string `json:"executor_output_formats,omitempty"`
	RequestTranslator         bool     `json:"request_translator,omitempty"`
	RequestNormalizer         bool     `json:"request_normalizer,omitempty"`
	RequestInterceptor        bool     `json:"request_interceptor,omitempty"`
	RequestLifecyclePlugin    bool     `json:"request_lifecycle_plugin,omitempty"`
	ResponseTranslator        bool     `json:"response_translator,omitempty"`
	ResponseBeforeTranslator  bool     `json:"response_before_translator,omitempty"`
	ResponseAfterTranslator   bool     `json:"response_after_translator,omitempty"`
	ResponseInterceptor       bool     `json:"response_interceptor,omitempty"`
	ResponseStreamInterceptor bool     `json:"response_stream_interceptor,omitempty"`
	ThinkingApplier           bool     `json:"thinking_applier,omitempty"`
	UsagePlugin               bool     `json:"usage_plugin,omitempty"`
	CommandLinePlugin         bool     `json:"command_line_plugin,omitempty"`
	ManagementAPI             bool     `json:"management_api,omitempty"`
}
