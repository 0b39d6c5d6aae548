package plugin

// ResponseRequest is the request of response.translate, response.normalize_before and response.normalize_after.
type ResponseRequest struct {
	// FromFormat is the provider's, ToFormat the client's.
	FromFormat        string
	ToFormat          string
	Model             string
	Stream            bool
	OriginalRequest   []byte
	TranslatedRequest []byte
	Body              []byte
}

// ResponseInterceptRequest is the request of response.intercept_after.
type ResponseInterceptRequest struct {
	RequestID       string
	SourceFormat    string
	Model           string
	RequestedModel  string
	Stream          bool
	RequestHeaders  Headers
	ResponseHeaders Headers
	OriginalRequest []byte
	RequestBody     []byte
	Body            []byte
	StatusCode      int
	Metadata        map[string]any
	HostCallbackID  string `json:"host_callback_id"`
}

// ChunkRequest is the request of response.intercept_stream_chunk. The first of a stream has ChunkIndex -1 and no body:
// the moment to change headers.
type ChunkRequest struct {
	RequestID       string
	SourceFormat    string
	Model           string
	RequestedModel  string
	RequestHeaders  Headers
	ResponseHeaders Headers
	OriginalRequest []byte
	RequestBody     []byte
	Body            []byte
	HistoryChunks   [][]byte
	ChunkIndex      int
	Metadata        map[string]any
	HostCallbackID  string `json:"host_callback_id"`
}

// ResponseIntercepted is the result of response.intercept_after and response.intercept_stream_chunk. The zero value
// changes nothing.
type ResponseIntercepted struct {
	// Headers replace those of the same name.
	Headers Headers `json:",omitempty"`
	// Body replaces the body, unless empty.
	Body []byte `json:",omitempty"`
	// ClearHeaders are removed first.
	ClearHeaders []string `json:",omitempty"`
	// DropChunk keeps a chunk from the client. response.intercept_after does not know it.
	DropChunk bool `json:",omitempty"`
}
