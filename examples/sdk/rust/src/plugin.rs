//! A plugin, and the envelope around its answers.

use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::{Json, Settings};

/// An error as the host reads it.
#[derive(Clone, Debug)]
pub struct Error {
    /// Free text for programs, such as `unknown_method`.
    pub code: &'static str,
    /// Reaches people: says what is wrong and where, and holds no secret.
    pub message: String,
    /// Status for the client whose request this error ends. 0 leaves the choice to the host.
    pub http_status: u16,
}

impl Error {
    /// An error without an HTTP status.
    pub fn new(code: &'static str, message: impl Into<String>) -> Error {
        Error { code, message: message.into(), http_status: 0 }
    }
}

/// Who the plugin is and what it can do.
pub struct Registration {
    pub name: &'static str,
    pub version: &'static str,
    pub author: &'static str,
    pub repository: &'static str,
    /// Name, type and description of each setting.
    pub config_fields: &'static [(&'static str, &'static str, &'static str)],
    /// Capability flags, such as `model_router`.
    pub capabilities: &'static [&'static str],
}

/// What a plugin implements. Calls come from many threads at once.
pub trait Plugin: Send + Sync {
    fn registration(&self) -> Registration;

    /// Takes over new settings. Called at the start and on every change of any configuration, also while calls run.
    fn configure(&self, settings: &Settings) -> Result<(), String> {
        let _ = settings;
        Ok(())
    }

    /// Answers a method; `None` when the plugin has no such method.
    fn call(&self, method: &str, request: &Json) -> Option<Result<Json, Error>>;

    /// Gives back what the plugin holds. Called once, after the last call has returned.
    fn shutdown(&self) {}
}

/// Answers one method with the bytes of an envelope. It never unwinds: a panic becomes an error, also one in the function
/// that gives the plugin, which makes it at the first call.
pub(crate) fn answer<'a>(plugin: impl FnOnce() -> &'a dyn Plugin, method: &str, request: &[u8]) -> Vec<u8> {
    let outcome = catch_unwind(AssertUnwindSafe(|| dispatch(plugin(), method, request))).unwrap_or_else(|reason| {
        Err(Error::new("plugin_panic", format!("the plugin panicked in {method}: {}", text_of(&*reason))))
    });
    let envelope = match outcome {
        Ok(result) => Json::object([("ok", Json::Bool(true)), ("result", result)]),
        Err(error) => Json::object([
            ("ok", Json::Bool(false)),
            (
                "error",
                Json::object([
                    ("code", Json::text(error.code)),
                    ("message", Json::text(error.message)),
                    ("http_status", Json::integer(i64::from(error.http_status))),
                ]),
            ),
        ]),
    };
    envelope.to_string().into_bytes()
}

fn text_of(reason: &(dyn Any + Send)) -> &str {
    reason
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| reason.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given")
}

fn dispatch(plugin: &dyn Plugin, method: &str, request: &[u8]) -> Result<Json, Error> {
    let text = std::str::from_utf8(request).map_err(|_| Error::new("invalid_request", "the request is not UTF-8"))?;
    let request = Json::parse(text)
        .map_err(|problem| Error::new("invalid_request", format!("the request is not JSON: {problem}")))?;
    if matches!(method, "plugin.register" | "plugin.reconfigure") {
        let yaml = String::from_utf8_lossy(&request.field("config_yaml").as_bytes()).into_owned();
        plugin.configure(&Settings::read(&yaml)).map_err(|problem| Error::new("invalid_config", problem))?;
        return Ok(describe(&plugin.registration()));
    }
    plugin.call(method, &request).unwrap_or_else(|| {
        Err(Error::new("unknown_method", format!("{} has no method {method}", plugin.registration().name)))
    })
}

fn describe(registration: &Registration) -> Json {
    let fields = registration.config_fields.iter().map(|(name, kind, description)| {
        Json::object([
            ("Name", Json::text(*name)),
            ("Type", Json::text(*kind)),
            ("Description", Json::text(*description)),
        ])
    });
    Json::object([
        ("schema_version", Json::integer(3)),
        (
            "metadata",
            Json::object([
                ("Name", Json::text(registration.name)),
                ("Version", Json::text(registration.version)),
                ("Author", Json::text(registration.author)),
                ("GitHubRepository", Json::text(registration.repository)),
                ("ConfigFields", Json::List(fields.collect())),
            ]),
        ),
        (
            "capabilities",
            Json::Object(
                registration.capabilities.iter().map(|flag| ((*flag).to_string(), Json::Bool(true))).collect(),
            ),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::{answer, Error, Plugin, Registration};
    use crate::Json;

    struct Panicking;

    impl Plugin for Panicking {
        fn registration(&self) -> Registration {
            Registration {
                name: "p",
                version: "1",
                author: "a",
                repository: "r",
                config_fields: &[],
                capabilities: &["scheduler"],
            }
        }

        fn call(&self, method: &str, _request: &Json) -> Option<Result<Json, Error>> {
            (method == "scheduler.pick").then(|| panic!("on purpose"))
        }
    }

    fn code_of(method: &str, request: &[u8]) -> String {
        let envelope = Json::parse(std::str::from_utf8(&answer(|| &Panicking, method, request)).unwrap()).unwrap();
        envelope.field("error").field("code").as_str().to_string()
    }

    #[test]
    fn every_fault_is_an_envelope() {
        assert_eq!(code_of("scheduler.pick", b"{}"), "plugin_panic");
        assert_eq!(code_of("other", b"{}"), "unknown_method");
        assert_eq!(code_of("scheduler.pick", b"{"), "invalid_request");
        assert_eq!(code_of("scheduler.pick", b"\xff"), "invalid_request");
        assert_eq!(code_of("plugin.register", b"{}"), "");
    }
}
