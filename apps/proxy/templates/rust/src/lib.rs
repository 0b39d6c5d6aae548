//! A plugin for cliproxy: it adds a header to every answer.

use std::sync::RwLock;

use cliproxy_sdk::{export_plugin, Error, Json, Plugin, Registration, Settings};

#[derive(Default)]
struct MyPlugin {
    /// Under a lock: methods run on many threads, also while settings change.
    header: RwLock<String>,
}

impl MyPlugin {
    /// Called with every whole answer, right before the client gets it. `request.field("Body")` has the answer.
    fn after(&self, _request: &Json) -> Json {
        let header = self
            .header
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        Json::object([(
            "Headers",
            Json::object([(&header, Json::List(vec![Json::text("my-plugin")]))]),
        )])
    }
}

impl Plugin for MyPlugin {
    fn registration(&self) -> Registration {
        Registration {
            name: "my-plugin",
            version: "0.1.0",
            author: "unknown",
            repository: "https://example.invalid/my-plugin",
            config_fields: &[(
                "header",
                "string",
                "Header field to add. Default: X-Plugin.",
            )],
            capabilities: &["response_interceptor"],
        }
    }

    /// Called at the start and whenever any configuration changes.
    fn configure(&self, settings: &Settings) -> Result<(), String> {
        let name = match settings.text("header") {
            "" => "X-Plugin",
            name => name,
        };
        *self
            .header
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner()) = name.to_string();
        Ok(())
    }

    fn call(&self, method: &str, request: &Json) -> Option<Result<Json, Error>> {
        match method {
            "response.intercept_after" => Some(Ok(self.after(request))),
            _ => None,
        }
    }
}

export_plugin!(MyPlugin::default());
