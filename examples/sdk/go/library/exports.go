// Package library is the C side of a Go plugin: the one exported symbol, and the way to the host's functions.
// A plugin's main package imports it and calls Serve in an init function:
//
//	func init() { library.Serve(definition) }
//	func main() {}
package library

/*
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct {
	void  *ptr;
	size_t len;
} cliproxy_buffer;

// cgo cannot write "const", so what the other side owns is declared without it. The layout is the same.
typedef struct {
	uint32_t abi_version;
	void    *host_ctx;
	int    (*call)(void *host_ctx, char *method, uint8_t *request, size_t request_len, cliproxy_buffer *response);
	void   (*free_buffer)(void *ptr, size_t len);
} cliproxy_host_api;

typedef int  (*cliproxy_plugin_call)(char *method, uint8_t *request, size_t request_len, cliproxy_buffer *response);
typedef void (*cliproxy_plugin_free)(void *ptr, size_t len);
typedef void (*cliproxy_plugin_shutdown)(void);

typedef struct {
	uint32_t                 abi_version;
	cliproxy_plugin_call     call;
	cliproxy_plugin_free     free_buffer;
	cliproxy_plugin_shutdown shutdown;
} cliproxy_plugin_api;

// Go cannot call through a C function pointer.
static int call_host(cliproxy_host_api *host, char *method, void *request, size_t len, cliproxy_buffer *response) {
	return host->call(host->host_ctx, method, request, len, response);
}
static void free_host(cliproxy_host_api *host, cliproxy_buffer buffer) {
	host->free_buffer(buffer.ptr, buffer.len);
}

int  pluginCall(char *method, uint8_t *request, size_t request_len, cliproxy_buffer *response);
void pluginFree(void *ptr, size_t len);
void pluginShutdown(void);
*/
import "C"

import (
	"fmt"
	"unsafe"

	plugin "github.com/cliproxy/cliproxy/examples/sdk/go"
)

const abiVersion = 1

// The one plugin of this library. Set before the library has finished loading, read from many threads after that.
var served *plugin.Definition

// Serve gives the plugin of this library. To be called from an init function of package main.
func Serve(definition plugin.Definition) { served = &definition }

// cliproxy_plugin_init is the symbol that the host looks up. It gives 0, or 1 to refuse a host of another ABI.
//
//export cliproxy_plugin_init
func cliproxy_plugin_init(host *C.cliproxy_host_api, table *C.cliproxy_plugin_api) C.int {
	if host == nil || table == nil || host.abi_version != abiVersion || served == nil {
		return 1
	}
	plugin.ConnectHost(func(method string, request []byte) ([]byte, error) { return callHost(host, method, request) })
	table.abi_version = abiVersion
	table.call = C.cliproxy_plugin_call(C.pluginCall)
	table.free_buffer = C.cliproxy_plugin_free(C.pluginFree)
	table.shutdown = C.cliproxy_plugin_shutdown(C.pluginShutdown)
	return 0
}

// pluginCall answers one method. Every answer is an envelope, errors too, so the return code is always 0.
//
// The request belongs to the host and is read in place; nothing of it is kept, because JSON decoding copies.
// The response is C memory, because Go memory must not stay in C hands. The host returns it to pluginFree.
//
//export pluginCall
func pluginCall(method *C.char, request *C.uint8_t, requestLen C.size_t, response *C.cliproxy_buffer) C.int {
	answer := served.Answer(C.GoString(method), unsafe.Slice((*byte)(unsafe.Pointer(request)), int(requestLen)))
	response.ptr = C.CBytes(answer)
	response.len = C.size_t(len(answer))
	return 0
}

//export pluginFree
func pluginFree(ptr unsafe.Pointer, _ C.size_t) {
	C.free(ptr)
}

//export pluginShutdown
func pluginShutdown() {
	if served.Shutdown != nil {
		served.Shutdown()
	}
}

// callHost passes the bytes of a Go slice for the time of the call only, which cgo allows.
func callHost(host *C.cliproxy_host_api, method string, request []byte) ([]byte, error) {
	name := C.CString(method)
	defer C.free(unsafe.Pointer(name))
	var response C.cliproxy_buffer
	code := C.call_host(host, name, unsafe.Pointer(unsafe.SliceData(request)), C.size_t(len(request)), &response)
	defer C.free_host(host, response)
	if code != 0 {
		return nil, fmt.Errorf("the host did not take the call of %s (%d)", method, int(code))
	}
	return C.GoBytes(response.ptr, C.int(response.len)), nil
}
