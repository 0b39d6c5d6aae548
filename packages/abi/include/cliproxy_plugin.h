/*
 * cliproxy_plugin.h: the C side of the cliproxy plugin ABI, version 1.
 *
 * SPDX-License-Identifier: MIT
 *
 * A plugin is a shared library that exports one function, cliproxy_plugin_init. In it the two sides swap tables of
 * functions. From then on everything is said in one form, in both directions:
 *
 *     method name + JSON request  ->  JSON envelope + return code
 *
 * What the JSON of each method holds is described in docs/plugin-abi.md of the cliproxy repository. This header works
 * in C99 and later, and in C++11 and later. It has no code and needs no library.
 *
 * In short:
 *   - Who allocates a buffer also gives the function that frees it.
 *   - Nobody keeps a pointer of the other side longer than the comment of that pointer says.
 *   - Every function may be called from any thread, and by many threads at once, unless its comment says otherwise.
 *   - No exception, panic or longjmp may cross the border between host and plugin.
 */
#ifndef CLIPROXY_PLUGIN_H
#define CLIPROXY_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the two tables. Host and plugin write it into theirs, and the host refuses any other. */
#define CLIPROXY_ABI_VERSION 1u

/* The newest message schema that this header's method names cover. Say the one that your plugin was written for. */
#define CLIPROXY_SCHEMA_VERSION 7u

/* Put this before cliproxy_plugin_init, so that it is exported even when everything else is hidden. */
#if defined(_WIN32)
#define CLIPROXY_PLUGIN_EXPORT __declspec(dllexport)
#elif defined(__GNUC__) || defined(__clang__)
#define CLIPROXY_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define CLIPROXY_PLUGIN_EXPORT
#endif

/*
 * An answer: bytes and their number. No NUL byte follows them.
 *
 * ptr  Start of the bytes; NULL when there is no answer.
 * len  Number of bytes; 0 when there is no answer. Stay below 2 GiB.
 *
 * The comments of the functions below say who allocates and frees the bytes. Since ABI 1.
 */
typedef struct cliproxy_buffer {
    void *ptr;
    size_t len;
} cliproxy_buffer;

/*
 * cliproxy_host_call: asks the host for something, such as writing a log line.
 *
 * When     Any time from the return of cliproxy_plugin_init to the end of shutdown: during a call of the host, from
 *          threads of the plugin's own, and after the call that started the work has returned.
 * Threads  Any, many at once. The call waits for its answer, which can take long (an upstream request, a slow client).
 *          Don't hold a lock that the plugin's own call function needs: the host may call back in the meantime.
 *
 * host_ctx     The host_ctx field of the host table, unchanged. It tells the host which plugin calls.
 * method       Name of a host method, one of CLIPROXY_METHOD_HOST_*, NUL-terminated. The plugin's; the host doesn't
 *              read it after the call.
 * request      The request's JSON in UTF-8, without a NUL. The plugin's; the host doesn't read it after the call.
 *              May be NULL when request_len is 0.
 * request_len  Number of bytes of the request.
 * response     Where the host puts its answer, an envelope; NULL when the plugin doesn't want it. The host sets it in
 *              every case, to {NULL, 0} when there is none. The bytes are the host's: valid until the plugin passes
 *              pointer and length to the host table's free_buffer, which it must do once it has read or copied them.
 *
 * Returns  0: the buffer holds an envelope, which may say that the request failed.
 *          1: the call never took place: host_ctx or method is NULL, the plugin is closed, or memory ran out.
 *
 * Since ABI 1.
 */
typedef int (*cliproxy_host_call)(void *host_ctx, const char *method, const uint8_t *request, size_t request_len,
                                  cliproxy_buffer *response);

/*
 * cliproxy_free_buffer: gives the bytes of an answer back to the side that allocated them.
 *
 * The host's own frees answers of cliproxy_host_call: the plugin calls it, from any thread, NULL does nothing.
 * The plugin's own frees answers of cliproxy_plugin_call: the host calls it exactly once for each answer whose pointer
 * is not NULL, from any thread, also when the length is 0 and when the call returned an error code.
 *
 * ptr  The pointer of the answer, unchanged.
 * len  The length of the answer, unchanged: allocators that need it may rely on it.
 *
 * Since ABI 1.
 */
typedef void (*cliproxy_free_buffer)(void *ptr, size_t len);

/*
 * cliproxy_plugin_call: asks the plugin for something, such as choosing a credential.
 *
 * When     After cliproxy_plugin_init has returned, and never after shutdown was called. plugin.register comes first
 *          and has returned before any other method is called.
 * Threads  Any, many at once, also for the same method. Only plugin.register and plugin.reconfigure come one after the
 *          other; plugin.reconfigure may run while other calls are running.
 *
 * The host may stop waiting for the answer at a deadline or when its client has gone. The call goes on; the host frees
 * the late answer and drops it. A call that never returns keeps one thread and the unloading of the plugin waiting.
 *
 * method       Name of a method, one of CLIPROXY_METHOD_* without HOST, NUL-terminated ASCII. The host's; valid until
 *              the call returns. New names may come: answer an error envelope with code "unknown_method" to those.
 * request      The request's JSON in UTF-8, without a NUL. The host's; valid until the call returns. NULL when
 *              request_len is 0, which doesn't happen: methods without parameters get {}.
 * request_len  Number of bytes of the request.
 * response     Where the plugin puts its answer, an envelope; never NULL, and {NULL, 0} at the start. The bytes are
 *              the plugin's: valid until the host passes pointer and length to the plugin table's free_buffer.
 *
 * Returns  0: the buffer holds an envelope. Anything else: the call failed; an envelope with "ok":false and an error
 *          in the buffer tells the host why, and counts as if 0 had been returned.
 *
 * Since ABI 1.
 */
typedef int (*cliproxy_plugin_call)(const char *method, const uint8_t *request, size_t request_len,
                                    cliproxy_buffer *response);

/*
 * cliproxy_plugin_shutdown: the plugin stops its threads and releases what it holds.
 *
 * When     At most once, after all calls into the plugin have returned; no other comes after it. Also after a failed
 *          cliproxy_plugin_init, if the field is set. Host calls are allowed until it returns.
 * Threads  One, any.
 *
 * The library may stay in memory for the rest of the process. Since ABI 1.
 */
typedef void (*cliproxy_plugin_shutdown)(void);

/*
 * The host's functions, given to cliproxy_plugin_init.
 *
 * The table is the host's and stays at the same address until shutdown has returned: keep the pointer. Don't write to
 * it. All fields are set.
 *
 * abi_version  CLIPROXY_ABI_VERSION of the host.
 * host_ctx     A value that means something to the host only. Pass it to call; don't follow it.
 *
 * Since ABI 1.
 */
typedef struct cliproxy_host_api {
    uint32_t abi_version;
    void *host_ctx;
    cliproxy_host_call call;
    cliproxy_free_buffer free_buffer;
} cliproxy_host_api;

/*
 * The plugin's functions, filled in by cliproxy_plugin_init.
 *
 * The table is the host's memory, all zero at the start, and valid only until cliproxy_plugin_init returns: the host
 * copies it. The functions must stay callable until shutdown has returned.
 *
 * abi_version  CLIPROXY_ABI_VERSION.
 * call         Required.
 * free_buffer  Required.
 * shutdown     May be NULL.
 *
 * Since ABI 1.
 */
typedef struct cliproxy_plugin_api {
    uint32_t abi_version;
    cliproxy_plugin_call call;
    cliproxy_free_buffer free_buffer;
    cliproxy_plugin_shutdown shutdown;
} cliproxy_plugin_api;

/*
 * cliproxy_plugin_init: the one function that a plugin exports. Every plugin defines it.
 *
 * When     Once, right after the library was loaded. The host calls no method before it has returned, and the plugin
 *          should call none either.
 * Threads  One, any. It need not be the thread of later calls.
 *
 * host    The host's functions; the pointer stays valid until shutdown has returned.
 * plugin  The table to fill in; valid until this function returns.
 *
 * Returns  0 when the plugin is ready. Anything else refuses: the host closes the library and reports the number.
 *
 * Since ABI 1.
 */
CLIPROXY_PLUGIN_EXPORT int cliproxy_plugin_init(const cliproxy_host_api *host, cliproxy_plugin_api *plugin);

/*
 * Names of the methods that the host calls in a plugin. Which of them a plugin gets is decided by the capability flags
 * of its registration; the comment names the flag, and the message schema where it isn't 1.
 */
#define CLIPROXY_METHOD_PLUGIN_REGISTER "plugin.register" /* every plugin */
#define CLIPROXY_METHOD_PLUGIN_RECONFIGURE "plugin.reconfigure" /* every plugin */
#define CLIPROXY_METHOD_PLUGIN_QUIESCE "plugin.quiesce" /* every plugin, schema 4 */
#define CLIPROXY_METHOD_PLUGIN_SHUTDOWN "plugin.shutdown" /* reserved, never sent */
#define CLIPROXY_METHOD_MODEL_REGISTER "model.register" /* model_registrar */
#define CLIPROXY_METHOD_MODEL_STATIC "model.static" /* model_provider */
#define CLIPROXY_METHOD_MODEL_FOR_AUTH "model.for_auth" /* model_provider */
#define CLIPROXY_METHOD_AUTH_IDENTIFIER "auth.identifier" /* auth_provider */
#define CLIPROXY_METHOD_AUTH_PARSE "auth.parse" /* auth_provider */
#define CLIPROXY_METHOD_AUTH_LOGIN_START "auth.login.start" /* auth_provider */
#define CLIPROXY_METHOD_AUTH_LOGIN_POLL "auth.login.poll" /* auth_provider */
#define CLIPROXY_METHOD_AUTH_REFRESH "auth.refresh" /* auth_provider */
#define CLIPROXY_METHOD_FRONTEND_AUTH_IDENTIFIER "frontend_auth.identifier" /* frontend_auth_provider */
#define CLIPROXY_METHOD_FRONTEND_AUTH_AUTHENTICATE "frontend_auth.authenticate" /* frontend_auth_provider */
#define CLIPROXY_METHOD_SCHEDULER_PICK "scheduler.pick" /* scheduler */
#define CLIPROXY_METHOD_MODEL_ROUTE "model.route" /* model_router */
#define CLIPROXY_METHOD_EXECUTOR_IDENTIFIER "executor.identifier" /* executor */
#define CLIPROXY_METHOD_EXECUTOR_EXECUTE "executor.execute" /* executor */
#define CLIPROXY_METHOD_EXECUTOR_EXECUTE_STREAM "executor.execute_stream" /* executor */
#define CLIPROXY_METHOD_EXECUTOR_COUNT_TOKENS "executor.count_tokens" /* executor */
#define CLIPROXY_METHOD_EXECUTOR_HTTP_REQUEST "executor.http_request" /* executor */
#define CLIPROXY_METHOD_REQUEST_TRANSLATE "request.translate" /* request_translator */
#define CLIPROXY_METHOD_REQUEST_NORMALIZE "request.normalize" /* request_normalizer */
#define CLIPROXY_METHOD_REQUEST_INTERCEPT_BEFORE "request.intercept_before" /* request_interceptor */
#define CLIPROXY_METHOD_REQUEST_INTERCEPT_AFTER "request.intercept_after" /* request_interceptor */
#define CLIPROXY_METHOD_REQUEST_COMPLETE "request.complete" /* request_lifecycle_plugin, schema 2 */
#define CLIPROXY_METHOD_RESPONSE_TRANSLATE "response.translate" /* response_translator */
#define CLIPROXY_METHOD_RESPONSE_NORMALIZE_BEFORE "response.normalize_before" /* response_before_translator */
#define CLIPROXY_METHOD_RESPONSE_NORMALIZE_AFTER "response.normalize_after" /* response_after_translator */
#define CLIPROXY_METHOD_RESPONSE_INTERCEPT_AFTER "response.intercept_after" /* response_interceptor */
#define CLIPROXY_METHOD_RESPONSE_INTERCEPT_STREAM_CHUNK "response.intercept_stream_chunk" /* response_stream_interceptor */
#define CLIPROXY_METHOD_WEBSOCKET_RESPONSE_EVENT "websocket.response_event" /* websocket_response_observer, schema 4 */
#define CLIPROXY_METHOD_THINKING_IDENTIFIER "thinking.identifier" /* thinking_applier */
#define CLIPROXY_METHOD_THINKING_APPLY "thinking.apply" /* thinking_applier */
#define CLIPROXY_METHOD_USAGE_HANDLE "usage.handle" /* usage_plugin */
#define CLIPROXY_METHOD_COMMAND_LINE_REGISTER "command_line.register" /* command_line_plugin */
#define CLIPROXY_METHOD_COMMAND_LINE_EXECUTE "command_line.execute" /* command_line_plugin */
#define CLIPROXY_METHOD_MANAGEMENT_REGISTER "management.register" /* management_api */
#define CLIPROXY_METHOD_MANAGEMENT_HANDLE "management.handle" /* management_api */
#define CLIPROXY_METHOD_QUOTA_IDENTIFIER "quota.identifier" /* quota_provider, schema 6 */
#define CLIPROXY_METHOD_QUOTA_DESCRIBE "quota.describe" /* quota_provider, schema 6 */
#define CLIPROXY_METHOD_QUOTA_FETCH "quota.fetch" /* quota_provider, schema 6 */
#define CLIPROXY_METHOD_QUOTA_RESET "quota.reset" /* quota_provider, schema 6 */

/* Names of the methods that a plugin calls in the host. Every plugin may call all of them. */
#define CLIPROXY_METHOD_HOST_HTTP_DO "host.http.do"
#define CLIPROXY_METHOD_HOST_HTTP_DO_STREAM "host.http.do_stream"
#define CLIPROXY_METHOD_HOST_HTTP_OPERATION_OPEN "host.http.operation_open"
#define CLIPROXY_METHOD_HOST_HTTP_CANCEL "host.http.cancel"
#define CLIPROXY_METHOD_HOST_HTTP_STREAM_READ "host.http.stream_read"
#define CLIPROXY_METHOD_HOST_HTTP_STREAM_CLOSE "host.http.stream_close"
#define CLIPROXY_METHOD_HOST_STREAM_EMIT "host.stream.emit"
#define CLIPROXY_METHOD_HOST_STREAM_CLOSE "host.stream.close"
#define CLIPROXY_METHOD_HOST_LOG "host.log"
#define CLIPROXY_METHOD_HOST_MODEL_EXECUTE "host.model.execute"
#define CLIPROXY_METHOD_HOST_MODEL_EXECUTE_STREAM "host.model.execute_stream"
#define CLIPROXY_METHOD_HOST_MODEL_STREAM_READ "host.model.stream_read"
#define CLIPROXY_METHOD_HOST_MODEL_STREAM_CLOSE "host.model.stream_close"
#define CLIPROXY_METHOD_HOST_AUTH_LIST "host.auth.list"
#define CLIPROXY_METHOD_HOST_AUTH_GET "host.auth.get"
#define CLIPROXY_METHOD_HOST_AUTH_GET_RUNTIME "host.auth.get_runtime"
#define CLIPROXY_METHOD_HOST_AUTH_SAVE "host.auth.save"
#define CLIPROXY_METHOD_HOST_AFFINITY_LOOKUP "host.affinity.lookup"
#define CLIPROXY_METHOD_HOST_ROUTING_RESET_COOLDOWN "host.routing.reset_cooldown"

#ifdef __cplusplus
}
#endif

#endif /* CLIPROXY_PLUGIN_H */
