/* One plugin: opening its library, calling it, finding it again from the context in its host table. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const char init_symbol[] = "cliproxy_plugin_init";
enum { ABI_VERSION = 1, DETAIL_BYTES = 2048 };

/*
 * Every plugin ever opened, by number. The context in a host table is such a number, not an address: a plugin may
 * hand us anything there, and an unknown number can be refused where a wild pointer could only be followed.
 */
static pthread_mutex_t contexts_lock = PTHREAD_MUTEX_INITIALIZER;
static plugin **contexts;
static size_t context_count, context_room;

/* Numbers start high enough that 0, 1 and other small mistakes are not contexts. */
enum { CONTEXT_BASE = 0x1000 };

plugin *plugin_new(bridge *b) {
  plugin *p = calloc(1, sizeof *p);
  if (p == NULL) return NULL;
  p->owner = b;
  pthread_mutex_lock(&contexts_lock);
  if (context_count == context_room) {
    size_t room = context_room == 0 ? 16 : context_room * 2;
    plugin **grown = realloc(contexts, room * sizeof *grown);
    if (grown == NULL) {
      pthread_mutex_unlock(&contexts_lock);
      free(p);
      return NULL;
    }
    contexts = grown;
    context_room = room;
  }
  p->id = CONTEXT_BASE + context_count;
  contexts[context_count++] = p;
  pthread_mutex_unlock(&contexts_lock);
  return p;
}

/* The bridge goes: its plugins must not reach it any more. */
void plugins_orphan(bridge *b) {
  pthread_mutex_lock(&contexts_lock);
  b->orphaning = true;
  for (size_t i = 0; i < context_count; i++) {
    if (contexts[i]->owner == b) atomic_store(&contexts[i]->live, false);
  }
  pthread_mutex_unlock(&contexts_lock);
}

/* The plugin that a context names, with a hold of its bridge; NULL when there is none, or none that may call. */
plugin *plugin_of_context(void *context) {
  uintptr_t number = (uintptr_t)context;
  plugin *p = NULL;
  pthread_mutex_lock(&contexts_lock);
  if (number >= CONTEXT_BASE && number - CONTEXT_BASE < context_count) p = contexts[number - CONTEXT_BASE];
  if (p != NULL && atomic_load(&p->live)) bridge_hold(p->owner);
  else p = NULL;
  pthread_mutex_unlock(&contexts_lock);
  return p;
}

/* From here on the plugin's host calls fail, those that wait included, and its library may be opened again. */
void plugin_retire(plugin *p) {
  /* Both locks: plugin_of_context reads under one, the list of waiting calls is kept under the other. */
  pthread_mutex_lock(&contexts_lock);
  pthread_mutex_lock(&p->owner->event_lock);
  atomic_store(&p->live, false);
  pthread_mutex_unlock(&p->owner->event_lock);
  p->library = NULL;
  pthread_mutex_unlock(&contexts_lock);
  host_calls_refuse(p->owner, p->id, false);
}

/* The dynamic loader gives the same handle for the same file: two live plugins on it would share one host table. */
static bool claim_library(plugin *p, void *library) {
  bool free = true;
  pthread_mutex_lock(&contexts_lock);
  for (size_t i = 0; i < context_count && free; i++) free = contexts[i]->library != library;
  if (free) {
    p->library = library;
    atomic_store(&p->live, !p->owner->orphaning);
  }
  pthread_mutex_unlock(&contexts_lock);
  return free;
}

static void explain(job *j, const char *words) {
  size_t length = strnlen(words, DETAIL_BYTES);
  j->answer = malloc(length > 0 ? length : 1);
  if (j->answer == NULL) return;
  memcpy(j->answer, words, length);
  j->answer_length = length;
}

static uint32_t initialise(plugin *p, void *library, job *j) {
  void *symbol = dlsym(library, init_symbol);
  if (symbol == NULL) return OPEN_SYMBOL_MISSING;
  if (!claim_library(p, library)) return OPEN_ALREADY_OPEN;
  int (*init)(const cliproxy_host_api *, cliproxy_plugin_api *);
  memcpy(&init, &symbol, sizeof init); /* ISO C has no cast from an object pointer to a function pointer */
  p->host = (cliproxy_host_api){
      .abi_version = ABI_VERSION, .host_ctx = (void *)(uintptr_t)p->id, .call = host_table_call, .free_buffer = host_table_free};
  int code = init(&p->host, &p->api);
  uint32_t status = OPEN_OK;
  if (code != 0) {
    status = OPEN_INIT_REFUSED;
    j->code = code;
  } else if (p->api.abi_version != ABI_VERSION) {
    status = OPEN_ABI_UNSUPPORTED;
    j->code = (int32_t)p->api.abi_version;
  } else if (p->api.call == NULL || p->api.free_buffer == NULL) {
    status = OPEN_TABLE_INCOMPLETE;
    j->code = (p->api.call == NULL ? 1 : 0) | (p->api.free_buffer == NULL ? 2 : 0);
  }
  if (status != OPEN_OK) {
    if (p->api.shutdown != NULL) p->api.shutdown();
    plugin_retire(p);
  }
  return status;
}

void plugin_run_open(job *j) {
  plugin *p = j->plugin;
  /* Never closed again: a Go library cannot be unloaded, and others may have left threads behind. */
  void *library = dlopen(j->method, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *words = dlerror();
    explain(j, words != NULL ? words : "the dynamic loader gave no reason");
    j->status = OPEN_NOT_A_LIBRARY;
    return;
  }
  j->status = initialise(p, library, j);
}

void plugin_run_call(bridge *b, job *j) {
  plugin *p = j->plugin;
  cliproxy_buffer response = {NULL, 0};
  j->code = p->api.call(j->method, j->request, (size_t)j->request_length, &response);
  j->status = copy_foreign(response.ptr, response.len, b->max_answer, &j->answer);
  j->answer_length = j->status == ANSWER_OK ? response.len : 0;
  /* Exactly what was given, on the thread that got it, also when the length is 0 or the call failed. */
  if (response.ptr != NULL) p->api.free_buffer(response.ptr, response.len);
}
