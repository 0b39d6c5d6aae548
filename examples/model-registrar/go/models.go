package main

import (
	"strings"
	"sync/atomic"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

// list is what the settings say. It is replaced as a whole, because calls come from many threads.
var list atomic.Pointer[plugin.Models]

func configure(settings plugin.Settings) error {
	models := []plugin.ModelInfo{}
	for _, name := range strings.Split(settings["models"], ",") {
		if name = strings.TrimSpace(name); name != "" {
			models = append(models, plugin.ModelInfo{ID: name, Object: "model", OwnedBy: "model-registrar-example"})
		}
	}
	list.Store(&plugin.Models{Provider: settings.Text("provider", "demo"), Models: models})
	return nil
}

// register gives the complete list every time: models that it no longer names disappear.
func register(plugin.ModelsRequest) (plugin.Models, error) {
	return *list.Load(), nil
}
