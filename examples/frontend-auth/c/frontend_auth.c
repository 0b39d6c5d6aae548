/* A plugin that knows one client, by a token in the header X-Token. */
#include <pthread.h>

#include "cliproxy_sdk.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static char *token, *principal;

static void configure(const char *yaml, cpx_error *error) {
  char *next_token = cpx_setting(yaml, "token"), *next_principal = cpx_setting(yaml, "principal");
  if (next_token == NULL || next_principal == NULL) {
    free(next_token);
    free(next_principal);
    cpx_fail(error, "out_of_memory", 0, "out of memory");
    return;
  }
  pthread_rwlock_wrlock(&lock);
  char *old_token = token, *old_principal = principal;
  token = next_token;
  principal = next_principal;
  pthread_rwlock_unlock(&lock);
  free(old_token);
  free(old_principal);
}

/* Compares in a time that tells nothing of where two texts begin to differ. */
static bool same(const char *given, const char *wanted) {
  size_t given_length = strlen(given), wanted_length = strlen(wanted);
  unsigned char difference = given_length != wanted_length;
  for (size_t i = 0; i < given_length; i++)
    difference |= (unsigned char)(given[i] ^ (wanted_length == 0 ? 0 : wanted[i % wanted_length]));
  return difference == 0;
}

/* Header names are in canonical form; each has a list of values. */
static void authenticate(cpx_json request, cpx_text *result, cpx_error *error) {
  size_t position = 0;
  cpx_json name, first = {NULL, 0};
  cpx_next(cpx_field(cpx_field(request, "Headers"), "X-Token"), &position, &name, &first);
  char *given = cpx_string(first);
  if (given == NULL) {
    cpx_fail(error, "out_of_memory", 0, "out of memory");
    return;
  }
  pthread_rwlock_rdlock(&lock);
  if (token != NULL && token[0] != 0 && same(given, token)) {
    const char *who = principal[0] == 0 ? "token" : principal;
    cpx_add(result, "{\"Authenticated\":true,\"Principal\":");
    cpx_add_string(result, who, strlen(who));
    cpx_add(result, "}");
  } else {
    cpx_add(result, "{\"Authenticated\":false}"); /* somebody else may know the client */
  }
  pthread_rwlock_unlock(&lock);
  free(given);
}

static void identifier(cpx_json request, cpx_text *result, cpx_error *error) {
  (void)request, (void)error;
  cpx_add(result, "{\"identifier\":\"token\"}");
}

static const cpx_method methods[] = {
  {CLIPROXY_METHOD_FRONTEND_AUTH_IDENTIFIER, identifier},
  {CLIPROXY_METHOD_FRONTEND_AUTH_AUTHENTICATE, authenticate},
  {NULL, NULL},
};

static const cpx_plugin plugin = {
  .name = "frontend-auth-example",
  .version = "0.1.0",
  .author = "cliproxy",
  .repository = "https://github.com/cliproxy/cliproxy",
  .config_fields = "[{\"Name\":\"token\",\"Type\":\"string\",\"Description\":\"Value of X-Token that is let in.\"},"
                   "{\"Name\":\"principal\",\"Type\":\"string\",\"Description\":\"Name of the client in usage records.\"}]",
  .capabilities = "{\"frontend_auth_provider\":true}",
  .configure = configure,
  .methods = methods,
};

static void shut_down(void) {
  free(token);
  free(principal);
}

CPX_EXPORT(plugin, shut_down)
