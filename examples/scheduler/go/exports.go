package main

// The C side: the plugin ABI's structures (version 1) and the functions whose addresses the host gets.
// Only this file uses cgo, so the rest can be built and tested without a C compiler.

/*
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct {
	void  *ptr;
	size_t len;
} cliproxy_buffer;

// The functions of the host. This plugin calls none of them; one that does (host.log, for example)
// keeps the pointer that init gets: it stays valid until shutdown has returned.
typedef struct {
	uint32_t abi_version;
	void    *host_ctx;
	int    (*call)(void *host_ctx, const char *method, const uint8_t *request, size_t request_len, cliproxy_buffer *response);
	void   (*free_buffer)(void *ptr, size_t len);
} cliproxy_host_api;

// cgo cannot write "const", so the arguments that the host owns are declared without it. The layout is the same.
typedef int  (*cliproxy_plugin_call)(char *method, uint8_t *request, size_t request_len, cliproxy_buffer *response);
typedef void (*cliproxy_plugin_free)(void *ptr, size_t len);
typedef void (*cliproxy_plugin_shutdown)(void);

typedef struct {
	uint32_t                 abi_version;
	cliproxy_plugin_call     call;
	cliproxy_plugin_free     free_buffer;
	cliproxy_plugin_shutdown shutdown;
} cliproxy_plugin_api;

int  schedulerCall(char *method, uint8_t *request, size_t request_len, cliproxy_buffer *response);
void schedulerFree(void *ptr, size_t len);
void schedulerShutdown(void);
*/
import "C"

import "unsafe"

const abiVersion = 1

// The one instance: a library is loaded once, its calls come from many threads.
var instance = newPlugin()

// cliproxy_plugin_init is the symbol that the host looks up. It gives 0, or 1 to refuse a host of another ABI.
//
//export cliproxy_plugin_init
func cliproxy_plugin_init(host *C.cliproxy_host_api, plugin *C.cliproxy_plugin_api) C.int {
	if host == nil || plugin == nil || host.abi_version != abiVersion {
		return 1
	}
	plugin.abi_version = abiVersion
	plugin.call = C.cliproxy_plugin_call(C.schedulerCall)
	plugin.free_buffer = C.cliproxy_plugin_free(C.schedulerFree)
	plugin.shutdown = C.cliproxy_plugin_shutdown(C.schedulerShutdown)
	return 0
}

// schedulerCall answers one method. Every answer is an envelope, errors too, so the return code is always 0.
//
// The request belongs to the host and is read in place; nothing of it is kept, because JSON decoding copies.
// The response is C memory, because Go memory must not stay in C hands. The host returns it to schedulerFree.
//
//export schedulerCall
func schedulerCall(method *C.char, request *C.uint8_t, requestLen C.size_t, response *C.cliproxy_buffer) C.int {
	answer := orPanicEnvelope(func() []byte {
		return instance.call(C.GoString(method), unsafe.Slice((*byte)(unsafe.Pointer(request)), int(requestLen)))
	})
	response.ptr = C.CBytes(answer)
	response.len = C.size_t(len(answer))
	return 0
}

//export schedulerFree
func schedulerFree(ptr unsafe.Pointer, _ C.size_t) {
	C.free(ptr)
}

// schedulerShutdown is called once, after the last call has returned. This plugin has nothing to give back.
//
//export schedulerShutdown
func schedulerShutdown() {}
