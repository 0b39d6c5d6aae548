/* A plugin that adds up tokens by client and writes the sums to the proxy's log. */
#include <pthread.h>

#include "cliproxy_sdk.h"

enum { max_clients = 256, name_size = 64 };

static struct client {
  char name[name_size];
  long long input, output, requests, failures;
} clients[max_clients];
static size_t client_count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* The row of a client; all clients beyond the table share the last row. */
static struct client *client_of(const char *name) {
  for (size_t i = 0; i < client_count; i++)
    if (strcmp(clients[i].name, name) == 0) return &clients[i];
  if (client_count == max_clients) return &clients[max_clients - 1];
  struct client *added = &clients[client_count++];
  snprintf(added->name, sizeof added->name, "%s", client_count == max_clients ? "all others" : name);
  return added;
}

static void handle(cpx_json request, cpx_text *result, cpx_error *error) {
  (void)result;
  cpx_json detail = cpx_field(request, "Detail");
  char *key = cpx_string(cpx_field(request, "APIKey"));
  if (key == NULL) {
    cpx_fail(error, "out_of_memory", 0, "out of memory");
    return;
  }
  if (strlen(key) >= name_size) key[name_size - 1] = 0;
  pthread_mutex_lock(&mutex);
  struct client *client = client_of(key);
  client->requests++;
  client->failures += cpx_is(cpx_field(request, "Failed"), "true");
  client->input += cpx_integer(cpx_field(detail, "InputTokens"));
  client->output += cpx_integer(cpx_field(detail, "OutputTokens"));
  struct client now = *client;
  pthread_mutex_unlock(&mutex);
  free(key);

  /* Not under the lock: the host may take its time. The client's key stays out of the log. */
  char line[256];
  snprintf(line, sizeof line, "usage: %lld requests, %lld failed, %lld tokens in, %lld tokens out", now.requests,
           now.failures, now.input, now.output);
  cpx_log("info", line);
}

static const cpx_method methods[] = {{CLIPROXY_METHOD_USAGE_HANDLE, handle}, {NULL, NULL}};

static const cpx_plugin plugin = {
  .name = "usage-example",
  .version = "0.1.0",
  .author = "cliproxy",
  .repository = "https://github.com/cliproxy/cliproxy",
  .capabilities = "{\"usage_plugin\":true}",
  .methods = methods,
};

CPX_EXPORT(plugin, NULL)
