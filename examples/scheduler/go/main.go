// A scheduler plugin for cliproxy: it decides which credential serves a request.
//
// The library exports one C symbol, cliproxy_plugin_init (exports.go). Everything behind it is ordinary Go:
// plugin.go answers the methods, pick.go holds the decision, config.go the settings.
package main

// A c-shared library needs package main and a main function. Nobody calls it.
func main() {}
