//! A plugin that sends models to providers by the beginning of their names, such as `claude-` to `claude`.

use std::sync::RwLock;

use cliproxy_sdk::{export_plugin, Error, Json, Plugin, Registration, Settings};

#[derive(Default)]
struct Router {
    /// Beginning of the model's name, and provider.
    routes: RwLock<Vec<(String, String)>>,
}

/// Reads `prefix=provider, prefix=provider`.
fn read_routes(text: &str) -> Result<Vec<(String, String)>, String> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| match pair.split_once('=').map(|(prefix, provider)| (prefix.trim(), provider.trim())) {
            Some((prefix, provider)) if !prefix.is_empty() && !provider.is_empty() => {
                Ok((prefix.to_string(), provider.to_lowercase()))
            }
            _ => Err(format!("routes: \"{pair}\" is not of the form prefix=provider")),
        })
        .collect()
}

impl Router {
    fn route(&self, request: &Json) -> Json {
        let model = request.field("RequestedModel").as_str();
        let routes = self.routes.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let available = request.field("AvailableProviders").elements();
        match routes.iter().find(|(prefix, provider)| {
            model.starts_with(prefix) && available.iter().any(|each| each.as_str() == provider)
        }) {
            Some((prefix, provider)) => Json::object([
                ("Handled", Json::Bool(true)),
                ("TargetKind", Json::text("provider")),
                ("Target", Json::text(provider)),
                ("Reason", Json::text(format!("models {prefix}* go to {provider}"))),
            ]),
            None => Json::object([("Handled", Json::Bool(false))]),
        }
    }
}

impl Plugin for Router {
    fn registration(&self) -> Registration {
        Registration {
            name: "model-router-example",
            version: "0.1.0",
            author: "cliproxy",
            repository: "https://github.com/cliproxy/cliproxy",
            config_fields: &[("routes", "string", "Pairs of prefix=provider, with commas between them.")],
            capabilities: &["model_router"],
        }
    }

    fn configure(&self, settings: &Settings) -> Result<(), String> {
        let routes = read_routes(settings.text("routes"))?;
        *self.routes.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = routes;
        Ok(())
    }

    fn call(&self, method: &str, request: &Json) -> Option<Result<Json, Error>> {
        (method == "model.route").then(|| Ok(self.route(request)))
    }
}

export_plugin!(Router::default());

#[cfg(test)]
mod tests {
    use super::read_routes;

    #[test]
    fn reads_routes_and_names_the_wrong_one() {
        assert_eq!(read_routes("claude-=Claude, gpt-=codex,").unwrap().len(), 2);
        assert_eq!(read_routes("a=b, c").unwrap_err(), "routes: \"c\" is not of the form prefix=provider");
    }
}
