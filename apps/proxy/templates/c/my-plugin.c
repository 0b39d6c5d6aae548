/* A plugin for cliproxy: it adds a header to every answer. */
#include <pthread.h>

#include "cliproxy_sdk.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static char *header; /* under the lock: methods run on many threads, also while settings change */

/* Called at the start and whenever any configuration changes. */
static void configure(const char *yaml, cpx_error *error) {
  char *next = cpx_setting(yaml, "header");
  if (next == NULL) {
    cpx_fail(error, "out_of_memory", 0, "out of memory");
    return;
  }
  pthread_rwlock_wrlock(&lock);
  char *old = header;
  header = next;
  pthread_rwlock_unlock(&lock);
  free(old);
}

/* Called with every whole answer, right before the client gets it. cpx_field(request, "Body") has the answer. */
static void after(cpx_json request, cpx_text *result, cpx_error *error) {
  (void)request, (void)error;
  pthread_rwlock_rdlock(&lock);
  const char *name = header == NULL || header[0] == 0 ? "X-Plugin" : header;
  cpx_add(result, "{\"Headers\":{");
  cpx_add_string(result, name, strlen(name));
  cpx_add(result, ":[\"my-plugin\"]}}");
  pthread_rwlock_unlock(&lock);
}

/* cliproxy_plugin.h names all methods. */
static const cpx_method methods[] = {{CLIPROXY_METHOD_RESPONSE_INTERCEPT_AFTER, after}, {NULL, NULL}};

static const cpx_plugin plugin = {
  .name = "my-plugin",
  .version = "0.1.0",
  .author = "unknown",
  .repository = "https://example.invalid/my-plugin",
  .config_fields = "[{\"Name\":\"header\",\"Type\":\"string\",\"Description\":\"Header field to add. Default: X-Plugin.\"}]",
  .capabilities = "{\"response_interceptor\":true}",
  .configure = configure,
  .methods = methods,
};

static void shut_down(void) { free(header); }

CPX_EXPORT(plugin, shut_down)
