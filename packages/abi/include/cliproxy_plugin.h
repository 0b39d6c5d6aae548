#include <stdint.h>
#include <stddef.h>
typedef struct { void *ptr; size_t len; } cliproxy_buffer;
typedef struct { uint32_t abi_version; void *host_ctx; int (*call)(void *, const char *, const uint8_t *, size_t, cliproxy_buffer *); void (*free_buffer)(void *, size_t); } cliproxy_host_api;
typedef struct { uint32_t abi_version; int (*call)(const char *, const uint8_t *, size_t, cliproxy_buffer *); void (*free_buffer)(void *, size_t); void (*shutdown)(void); } cliproxy_plugin_api;
#define CLIPROXY_EXPORT __attribute__((visibility("default")))
