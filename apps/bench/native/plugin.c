/*
 * A plugin that does next to nothing, so that what is measured is the way to it and back.
 *
 *   echo             the request is the result
 *   sleep            holds the thread for 200 ms
 *   scheduler.pick   the first candidate
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cliproxy_plugin.h"

static void answer(cliproxy_buffer *response, const char *head, const void *middle, size_t length, const char *tail) {
  size_t head_length = strlen(head), tail_length = strlen(tail);
  char *bytes = malloc(head_length + length + tail_length);
  if (bytes == NULL) return;
  memcpy(bytes, head, head_length);
  memcpy(bytes + head_length, middle, length);
  memcpy(bytes + head_length + length, tail, tail_length);
  response->ptr = bytes;
  response->len = head_length + length + tail_length;
}

/* Where `needle` starts in `bytes`, or NULL. */
static const char *find(const char *bytes, size_t length, const char *needle) {
  size_t size = strlen(needle);
  for (size_t at = 0; at + size <= length; at++) {
    if (memcmp(bytes + at, needle, size) == 0) return bytes + at;
  }
  return NULL;
}

static void pick(const char *request, size_t length, cliproxy_buffer *response) {
  static const char key[] = "\"ID\":\"";
  const char *end = request + length;
  const char *list = find(request, length, "\"Candidates\":[");
  const char *id = list == NULL ? NULL : find(list, (size_t)(end - list), key);
  if (id == NULL) {
    answer(response, "{\"ok\":true,\"result\":{\"Handled\":false}}", "", 0, "");
    return;
  }
  id += sizeof key - 1;
  const char *quote = memchr(id, '"', (size_t)(end - id));
  size_t id_length = quote == NULL ? 0 : (size_t)(quote - id);
  answer(response, "{\"ok\":true,\"result\":{\"AuthID\":\"", id, id_length, "\",\"Handled\":true}}");
}

static int call(const char *method, const uint8_t *request, size_t length, cliproxy_buffer *response) {
  if (strcmp(method, "echo") == 0) {
    answer(response, "{\"ok\":true,\"result\":", request, length, "}");
  } else if (strcmp(method, "scheduler.pick") == 0) {
    pick((const char *)request, length, response);
  } else if (strcmp(method, "sleep") == 0) {
    struct timespec rest = {0, 200000000};
    nanosleep(&rest, NULL);
    answer(response, "{\"ok\":true}", "", 0, "");
  } else {
    answer(response, "{\"ok\":false,\"error\":{\"code\":\"unknown_method\",\"message\":\"unknown method\"}}", "", 0, "");
  }
  return 0;
}

static void free_buffer(void *ptr, size_t length) {
  (void)length;
  free(ptr);
}

static void shut_down(void) {}

CLIPROXY_PLUGIN_EXPORT int cliproxy_plugin_init(const cliproxy_host_api *host, cliproxy_plugin_api *plugin) {
  if (host->abi_version != CLIPROXY_ABI_VERSION) return 1;
  plugin->abi_version = CLIPROXY_ABI_VERSION;
  plugin->call = call;
  plugin->free_buffer = free_buffer;
  plugin->shutdown = shut_down;
  return 0;
}
