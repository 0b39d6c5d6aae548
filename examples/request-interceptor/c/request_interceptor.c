/* A plugin that turns requests away which are larger than its setting max_bytes. */
#include <stdatomic.h>

#include "cliproxy_sdk.h"

enum { default_max_bytes = 1000000 };

static atomic_llong max_bytes = default_max_bytes;

static void configure(const char *yaml, cpx_error *error) {
  char *value = cpx_setting(yaml, "max_bytes"), *end = value;
  if (value == NULL) {
    cpx_fail(error, "out_of_memory", 0, "out of memory");
    return;
  }
  long long bytes = value[0] == 0 ? default_max_bytes : strtoll(value, &end, 10);
  if (bytes < 1 || *end != 0) cpx_fail(error, "invalid_config", 0, "max_bytes must be a whole number above 0, not %s", value);
  else atomic_store(&max_bytes, bytes);
  free(value);
}

/* Called once for each request, before a credential is chosen. */
static void before(cpx_json request, cpx_text *result, cpx_error *error) {
  size_t length;
  char *body = cpx_bytes(cpx_field(request, "Body"), &length);
  long long most = atomic_load(&max_bytes);
  if (body == NULL) {
    cpx_fail(error, "out_of_memory", 0, "out of memory");
    return;
  }
  free(body);
  if ((long long)length <= most) return; /* no result: nothing changes */
  char answer[160];
  snprintf(answer, sizeof answer,
           "{\"error\":{\"type\":\"request_too_large\",\"message\":\"the body has %zu bytes, this gateway takes %lld\"}}", length,
           most);
  cpx_add(result, "{\"Terminate\":true,\"StatusCode\":413,\"ResponseBody\":");
  cpx_add_base64(result, answer, strlen(answer));
  cpx_add(result, "}");
}

/* Called before each attempt. This plugin has nothing to add there. */
static void after(cpx_json request, cpx_text *result, cpx_error *error) { (void)request, (void)result, (void)error; }

static const cpx_method methods[] = {
  {CLIPROXY_METHOD_REQUEST_INTERCEPT_BEFORE, before},
  {CLIPROXY_METHOD_REQUEST_INTERCEPT_AFTER, after},
  {NULL, NULL},
};

static const cpx_plugin plugin = {
  .name = "request-interceptor-example",
  .version = "0.1.0",
  .author = "cliproxy",
  .repository = "https://github.com/cliproxy/cliproxy",
  .config_fields = "[{\"Name\":\"max_bytes\",\"Type\":\"integer\",\"Description\":\"Largest body that is let through. Default: 1000000.\"}]",
  .capabilities = "{\"request_interceptor\":true}",
  .configure = configure,
  .methods = methods,
};

CPX_EXPORT(plugin, NULL)
