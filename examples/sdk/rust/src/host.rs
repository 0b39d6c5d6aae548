//! Calls into the host.

use std::ffi::CString;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::ffi::{Buffer, HostApi};
use crate::{Error, Json};

/// The host's table. It stays at its address until the plugin's shutdown has returned.
pub(crate) static HOST: AtomicPtr<HostApi> = AtomicPtr::new(std::ptr::null_mut());

/// Asks the host for something, such as `host.http.do`. It waits for the answer, which can take long; any thread may.
pub fn call_host(method: &str, request: &Json) -> Result<Json, Error> {
    let unavailable = |why: &str| Error::new("host_unavailable", format!("{method}: {why}"));
    // SAFETY: the pointer is null or the one that init got, which stays valid and is never written to.
    let host = unsafe { HOST.load(Ordering::Acquire).as_ref() }.ok_or_else(|| unavailable("there is no host yet"))?;
    let name = CString::new(method).map_err(|_| unavailable("a method has no NUL in its name"))?;
    let body = request.to_string();
    let mut response = Buffer { ptr: std::ptr::null_mut(), len: 0 };
    // SAFETY: all pointers are valid for the call; the host writes a buffer of its own into response.
    let code = unsafe { (host.call)(host.host_ctx, name.as_ptr(), body.as_ptr(), body.len(), &mut response) };
    // SAFETY: on return the buffer is {NULL, 0} or valid until it is given back, which happens once, after the copy.
    let answer = unsafe {
        let bytes = if response.ptr.is_null() {
            Vec::new()
        } else {
            std::slice::from_raw_parts(response.ptr.cast::<u8>(), response.len).to_vec()
        };
        (host.free_buffer)(response.ptr, response.len);
        bytes
    };
    if code != 0 {
        return Err(unavailable("the host did not take the call"));
    }
    let envelope = std::str::from_utf8(&answer)
        .ok()
        .and_then(|text| Json::parse(text).ok())
        .ok_or_else(|| unavailable("the answer is not JSON"))?;
    match envelope.field("ok") {
        Json::Bool(true) => Ok(envelope.field("result").clone()),
        _ => Err(Error::new("host_call_failed", envelope.field("error").field("message").as_str())),
    }
}

/// Writes a line to the host's log; `level` is `debug`, `info`, `warn` or `error`. A line that cannot be written is
/// dropped.
pub fn log(level: &str, message: &str) {
    let _ = call_host("host.log", &Json::object([("level", Json::text(level)), ("message", Json::text(message))]));
}
