package plugin

// PluginRequest is the request of command_line.register.
type PluginRequest struct {
	Plugin Metadata
}

// CommandLineFlag is a flag that the plugin adds to the proxy's command line.
type CommandLineFlag struct {
	Name  string
	Usage string
	// Type is "bool", "string", "int", "int64", "float64" or "duration".
	Type         string
	DefaultValue string
}

// CommandLineFlags is the result of command_line.register.
type CommandLineFlags struct {
	Flags []CommandLineFlag
}

// FlagValue is a flag as it was given.
type FlagValue struct {
	Name  string
	Type  string
	Value string
	Set   bool
}

// CommandLineRequest is the request of command_line.execute.
type CommandLineRequest struct {
	Plugin         Metadata
	Program        string
	Args           []string
	ConfigPath     string
	Host           HostConfig
	Flags          map[string]FlagValue
	TriggeredFlags map[string]FlagValue
}

// CommandLineResult is the result of command_line.execute.
type CommandLineResult struct {
	Stdout []byte
	Stderr []byte
	// Auths are credentials to store, when ExitCode is 0.
	Auths    []AuthData
	ExitCode int
}
