package plugin

// ManagementRequest is the request of management.register.
type ManagementRequest struct {
	Plugin           Metadata
	BasePath         string
	ResourceBasePath string
}

// ManagementRoutes is the result of management.register.
type ManagementRoutes struct {
	// Routes are behind the management key.
	Routes []ManagementRoute `json:"routes"`
	// Resources are pages that anybody may open.
	Resources []ResourceRoute `json:"resources"`
}

// ManagementRoute is served under BasePath.
type ManagementRoute struct {
	Method      string
	Path        string
	Description string
}

// ResourceRoute is served under ResourceBasePath.
type ResourceRoute struct {
	Path string
	// Menu is the label in the management menu; blank: not listed.
	Menu        string
	Description string
}

// PageRequest is the request of management.handle.
type PageRequest struct {
	Method         string
	Path           string
	Headers        Headers
	Query          map[string][]string
	Body           []byte
	HostCallbackID string `json:"host_callback_id"`
}

// Page is the result of management.handle.
type Page struct {
	StatusCode int
	Headers    Headers
	Body       []byte
}
