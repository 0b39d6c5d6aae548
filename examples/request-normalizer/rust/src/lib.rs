//! A plugin that fills in a temperature where the client gave none.

use std::sync::RwLock;

use cliproxy_sdk::{export_plugin, Error, Json, Plugin, Registration, Settings};

#[derive(Default)]
struct Normalizer {
    /// A JSON number; empty: nothing is filled in.
    temperature: RwLock<String>,
}

impl Normalizer {
    /// An empty body in the answer leaves the request as it is; so does a body that is no object.
    fn normalize(&self, request: &Json) -> Json {
        let temperature = self.temperature.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        let body = String::from_utf8(request.field("Body").as_bytes()).ok().and_then(|text| Json::parse(&text).ok());
        match body {
            Some(mut body @ Json::Object(_)) if !temperature.is_empty() && *body.field("temperature") == Json::Null => {
                body.set("temperature", Json::Number(temperature));
                Json::object([("Body", Json::bytes(body.to_string().as_bytes()))])
            }
            _ => Json::object([("Body", Json::Null)]),
        }
    }
}

impl Plugin for Normalizer {
    fn registration(&self) -> Registration {
        Registration {
            name: "request-normalizer-example",
            version: "0.1.0",
            author: "cliproxy",
            repository: "https://github.com/cliproxy/cliproxy",
            config_fields: &[("temperature", "number", "Temperature of requests that name none.")],
            capabilities: &["request_normalizer"],
        }
    }

    fn configure(&self, settings: &Settings) -> Result<(), String> {
        let text = settings.text("temperature");
        if !text.is_empty() && !matches!(Json::parse(text), Ok(Json::Number(_))) {
            return Err(format!("temperature must be a number, not {text}"));
        }
        *self.temperature.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = text.to_string();
        Ok(())
    }

    fn call(&self, method: &str, request: &Json) -> Option<Result<Json, Error>> {
        (method == "request.normalize").then(|| Ok(self.normalize(request)))
    }
}

export_plugin!(Normalizer::default());
