//! The C side. Used through [`export_plugin!`](crate::export_plugin) only.

use std::ffi::{c_char, c_int, c_void, CStr};
use std::panic::catch_unwind;
use std::sync::atomic::Ordering;

use crate::host::HOST;
use crate::plugin::answer;
use crate::Plugin;

pub const ABI_VERSION: u32 = 1;

#[repr(C)]
pub struct Buffer {
    pub ptr: *mut c_void,
    pub len: usize,
}

#[repr(C)]
pub struct HostApi {
    pub abi_version: u32,
    pub host_ctx: *mut c_void,
    pub call: unsafe extern "C" fn(*mut c_void, *const c_char, *const u8, usize, *mut Buffer) -> c_int,
    pub free_buffer: unsafe extern "C" fn(*mut c_void, usize),
}

#[repr(C)]
pub struct PluginApi {
    pub abi_version: u32,
    pub call: Option<unsafe extern "C" fn(*const c_char, *const u8, usize, *mut Buffer) -> c_int>,
    pub free_buffer: Option<unsafe extern "C" fn(*mut c_void, usize)>,
    pub shutdown: Option<unsafe extern "C" fn()>,
}

/// Fills in the plugin's table, or gives 1 to refuse a host of another ABI.
///
/// # Safety
/// The pointers must be those that the host gives to `cliproxy_plugin_init`.
pub unsafe fn init(host: *const HostApi, table: *mut PluginApi, mut functions: PluginApi) -> c_int {
    if host.is_null() || table.is_null() || (*host).abi_version != ABI_VERSION {
        return 1;
    }
    HOST.store(host.cast_mut(), Ordering::Release);
    functions.abi_version = ABI_VERSION;
    table.write(functions);
    0
}

/// Answers one call. The answer is a boxed slice; [`free`] gives it back with the same length.
///
/// # Safety
/// The pointers must be those that the host gives to the plugin's `call`.
pub unsafe fn call(
    plugin: fn() -> &'static dyn Plugin,
    method: *const c_char,
    request: *const u8,
    len: usize,
    response: *mut Buffer,
) -> c_int {
    let method = CStr::from_ptr(method).to_string_lossy();
    let request = if request.is_null() { &[] } else { std::slice::from_raw_parts(request, len) };
    let bytes = answer(plugin, &method, request).into_boxed_slice();
    let len = bytes.len();
    response.write(Buffer { ptr: Box::into_raw(bytes).cast(), len });
    0
}

/// Shuts the plugin down. There is nobody who could be told of a panic.
pub fn shutdown(plugin: fn() -> &'static dyn Plugin) {
    let _ = catch_unwind(|| plugin().shutdown());
}

/// Frees an answer.
///
/// # Safety
/// Pointer and length must be those of an answer of [`call`], given back once.
pub unsafe extern "C" fn free(ptr: *mut c_void, len: usize) {
    if !ptr.is_null() {
        drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(ptr.cast::<u8>(), len)));
    }
}

/// Exports a plugin: `export_plugin!(MyPlugin::default())`. The value is made at the first call; when that panics, the
/// call fails, and the next one tries again.
#[macro_export]
macro_rules! export_plugin {
    ($make:expr) => {
        fn exported() -> &'static dyn $crate::Plugin {
            static PLUGIN: std::sync::OnceLock<Box<dyn $crate::Plugin>> = std::sync::OnceLock::new();
            &**PLUGIN.get_or_init(|| Box::new($make))
        }

        unsafe extern "C" fn exported_call(
            method: *const std::ffi::c_char,
            request: *const u8,
            len: usize,
            response: *mut $crate::ffi::Buffer,
        ) -> std::ffi::c_int {
            $crate::ffi::call(exported, method, request, len, response)
        }

        unsafe extern "C" fn exported_shutdown() {
            $crate::ffi::shutdown(exported);
        }

        /// The symbol that the host looks up.
        ///
        /// # Safety
        /// Only the host calls it, with its own tables.
        #[no_mangle]
        pub unsafe extern "C" fn cliproxy_plugin_init(
            host: *const $crate::ffi::HostApi,
            table: *mut $crate::ffi::PluginApi,
        ) -> std::ffi::c_int {
            let functions = $crate::ffi::PluginApi {
                abi_version: 0,
                call: Some(exported_call),
                free_buffer: Some($crate::ffi::free),
                shutdown: Some(exported_shutdown),
            };
            $crate::ffi::init(host, table, functions)
        }
    };
}

#[cfg(test)]
mod tests {
    use super::{free, Buffer};
    use crate::{Error, Json, Plugin, Registration};

    struct NeverMade;

    impl Plugin for NeverMade {
        fn registration(&self) -> Registration {
            unreachable!()
        }

        fn call(&self, _method: &str, _request: &Json) -> Option<Result<Json, Error>> {
            None
        }
    }

    fn make() -> NeverMade {
        panic!("no settings file")
    }

    crate::export_plugin!(make());

    #[test]
    fn a_panic_while_the_plugin_is_made_stays_inside() {
        for _ in 0..2 {
            let mut response = Buffer { ptr: std::ptr::null_mut(), len: 0 };
            // SAFETY: a method and a buffer as a host gives them; the answer is read and freed once.
            let answer = unsafe {
                assert_eq!(exported_call(b"plugin.register\0".as_ptr().cast(), std::ptr::null(), 0, &mut response), 0);
                let answer = std::slice::from_raw_parts(response.ptr.cast::<u8>(), response.len).to_vec();
                free(response.ptr, response.len);
                answer
            };
            let envelope = Json::parse(std::str::from_utf8(&answer).unwrap()).unwrap();
            assert_eq!(envelope.field("error").field("code").as_str(), "plugin_panic");
            assert_eq!(
                envelope.field("error").field("message").as_str(),
                "the plugin panicked in plugin.register: no settings file"
            );
        }
        // SAFETY: what a host does at the end.
        unsafe { exported_shutdown() };
    }
}
