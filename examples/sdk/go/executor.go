package plugin

// ExecutorRequest is the request of executor.execute, executor.execute_stream and executor.count_tokens.
type ExecutorRequest struct {
	AuthID       string
	AuthProvider string
	Model        string
	// Format is that of the answer, SourceFormat that of Payload.
	Format          string
	Stream          bool
	Alt             string
	Headers         Headers
	Query           map[string][]string
	OriginalRequest []byte
	SourceFormat    string
	Payload         []byte
	Metadata        map[string]any
	StorageJSON     []byte
	AuthMetadata    map[string]any
	AuthAttributes  map[string]string
	// StreamID is where executor.execute_stream may send its chunks, with EmitChunk.
	StreamID       string `json:"stream_id"`
	HostCallbackID string `json:"host_callback_id"`
}

// ExecutorAnswer is the result of executor.execute and executor.count_tokens.
type ExecutorAnswer struct {
	Payload  []byte
	Headers  Headers
	Metadata map[string]any
}

// ExecutorStream is the result of executor.execute_stream. Chunks that are given here are the whole stream; without
// any, they come by EmitChunk, until CloseStream.
type ExecutorStream struct {
	Headers Headers       `json:"headers,omitempty"`
	Chunks  []StreamChunk `json:"chunks,omitempty"`
}

// StreamChunk is one chunk, in the shape of its format: for "openai" a JSON object without "data:" around it.
type StreamChunk struct {
	Payload []byte
}

// HTTPRequest is the request of executor.http_request: send this with the credential.
type HTTPRequest struct {
	AuthID         string
	AuthProvider   string
	Method         string
	URL            string
	Headers        Headers
	Body           []byte
	StorageJSON    []byte
	Metadata       map[string]any
	Attributes     map[string]string
	HostCallbackID string `json:"host_callback_id"`
}

// HTTPAnswer is the result of executor.http_request and of the host's host.http.do.
type HTTPAnswer struct {
	StatusCode int
	Headers    Headers
	Body       []byte
}
