package main

import plugin "github.com/cliproxy/cliproxy/examples/sdk/go"

// provider is the key under which the proxy knows this plugin's models and credentials.
const provider = "echo"

func model(id string) plugin.ModelInfo {
	return plugin.ModelInfo{ID: id, Object: "model", OwnedBy: provider, Type: provider, ContextLength: 32768, MaxCompletionTokens: 4096}
}

// staticModels need no credential.
func staticModels(plugin.ModelsRequest) (plugin.Models, error) {
	return plugin.Models{Provider: provider, Models: []plugin.ModelInfo{model("echo-small")}}, nil
}

// modelsForAuth gives what one credential may use: the large model belongs to the plan "team".
func modelsForAuth(request plugin.ModelsForAuthRequest) (plugin.Models, error) {
	models := []plugin.ModelInfo{model("echo-small")}
	if request.Metadata["plan"] == "team" {
		models = append(models, model("echo-large"))
	}
	return plugin.Models{Provider: provider, Models: models}, nil
}
