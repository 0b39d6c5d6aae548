/* A plugin that tells the client the size of the answer in a header, and hides who the provider's server is. */
#include "cliproxy_sdk.h"

static void after(cpx_json request, cpx_text *result, cpx_error *error) {
  size_t length;
  char *body = cpx_bytes(cpx_field(request, "Body"), &length);
  char *model = cpx_string(cpx_field(request, "Model"));
  if (body == NULL || model == NULL) {
    cpx_fail(error, "out_of_memory", 0, "out of memory");
  } else {
    char digits[32];
    int written = snprintf(digits, sizeof digits, "%zu", length);
    cpx_add(result, "{\"ClearHeaders\":[\"Server\"],\"Headers\":{\"X-Answer-Bytes\":[");
    cpx_add_string(result, digits, (size_t)written);
    cpx_add(result, "],\"X-Model\":[");
    cpx_add_string(result, model, strlen(model));
    cpx_add(result, "]}}");
  }
  free(body);
  free(model);
}

static const cpx_method methods[] = {{CLIPROXY_METHOD_RESPONSE_INTERCEPT_AFTER, after}, {NULL, NULL}};

static const cpx_plugin plugin = {
  .name = "response-interceptor-example",
  .version = "0.1.0",
  .author = "cliproxy",
  .repository = "https://github.com/cliproxy/cliproxy",
  .capabilities = "{\"response_interceptor\":true}",
  .methods = methods,
};

CPX_EXPORT(plugin, NULL)
