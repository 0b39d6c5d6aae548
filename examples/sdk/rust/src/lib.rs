//! What the Rust examples share: the C side of the plugin ABI, the envelope around every answer, the way to the host's
//! methods, and just enough JSON, base64 and settings to need no other crate.
//!
//! A plugin implements [`Plugin`] and ends with `cliproxy_sdk::export_plugin!(MyPlugin::default())`.

mod base64;
mod host;
mod json;
mod plugin;
mod settings;

#[doc(hidden)]
pub mod ffi;

pub use base64::{decode as base64_decode, encode as base64_encode};
pub use host::{call_host, log};
pub use json::Json;
pub use plugin::{Error, Plugin, Registration};
pub use settings::Settings;
