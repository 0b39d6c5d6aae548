package main

import (
	"bytes"
	"fmt"
	"strconv"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

const (
	greetFlag = "greet"
	timesFlag = "greet-times"
	maxTimes  = 100
)

// register names the flags. The proxy shows them in its help and checks the values' types.
func register(plugin.PluginRequest) (plugin.CommandLineFlags, error) {
	return plugin.CommandLineFlags{Flags: []plugin.CommandLineFlag{
		{Name: greetFlag, Type: "string", Usage: "Greets this person and ends"},
		{Name: timesFlag, Type: "int", Usage: "How often to greet", DefaultValue: "1"},
	}}, nil
}

// run is called when one of the flags was given. The process ends with its exit code, without starting the proxy.
func run(request plugin.CommandLineRequest) (plugin.CommandLineResult, error) {
	name := request.Flags[greetFlag].Value
	if name == "" {
		return failed("--%s needs a name: %s --%s Jane", greetFlag, request.Program, greetFlag), nil
	}
	times := 1
	if given, ok := request.Flags[timesFlag]; ok {
		var err error
		if times, err = strconv.Atoi(given.Value); err != nil || times < 1 || times > maxTimes {
			return failed("--%s must be a number from 1 to %d, not %s", timesFlag, maxTimes, given.Value), nil
		}
	}
	return plugin.CommandLineResult{Stdout: bytes.Repeat([]byte("Hello "+name+"\n"), times)}, nil
}

func failed(format string, values ...any) plugin.CommandLineResult {
	return plugin.CommandLineResult{Stderr: []byte(fmt.Sprintf(format, values...) + "\n"), ExitCode: 2}
}
