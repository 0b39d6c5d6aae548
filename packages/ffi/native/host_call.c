/* What a plugin calls: the functions in its host table. They run on the plugin's threads. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Method names are short; a longer one is not one. */
enum { METHOD_LIMIT = 256 };

void host_call_release(host_call *h) {
  if (atomic_fetch_sub(&h->holders, 1) != 1) return;
  pthread_cond_destroy(&h->answered);
  pthread_mutex_destroy(&h->lock);
  free(h->request);
  free(h->answer);
  free(h);
}

static host_call *host_call_new(plugin *p, const char *method, const uint8_t *request, size_t length) {
  size_t method_length = strnlen(method, METHOD_LIMIT + 1);
  if (method_length > METHOD_LIMIT) return NULL;
  uint8_t *copy;
  if (copy_foreign(request, length, INT32_MAX, &copy) != ANSWER_OK) return NULL;
  host_call *h = calloc(1, sizeof *h + method_length + 1);
  if (h == NULL) {
    free(copy);
    return NULL;
  }
  char *name = (char *)(h + 1);
  memcpy(name, method, method_length);
  h->event.kind = EVENT_HOST_CALL;
  atomic_init(&h->holders, 2);
  pthread_mutex_init(&h->lock, NULL);
  pthread_cond_init(&h->answered, NULL);
  h->code = 1;
  h->plugin_id = p->id;
  h->method = name;
  h->request = copy;
  h->request_length = length;
  return h;
}

/* Puts the call among those that wait, unless nobody will answer any more. */
static bool enlist(bridge *b, plugin *p, host_call *h) {
  pthread_mutex_lock(&b->event_lock);
  bool taken = !b->deaf && atomic_load(&p->live);
  if (taken) {
    h->next = b->waiting;
    if (b->waiting != NULL) b->waiting->previous = h;
    b->waiting = h;
  }
  pthread_mutex_unlock(&b->event_lock);
  return taken;
}

static void unlist(bridge *b, host_call *h) {
  pthread_mutex_lock(&b->event_lock);
  if (h->previous != NULL) h->previous->next = h->next;
  else b->waiting = h->next;
  if (h->next != NULL) h->next->previous = h->previous;
  pthread_mutex_unlock(&b->event_lock);
}

static void settle(host_call *h, int32_t code, uint8_t *answer, uint64_t length) {
  pthread_mutex_lock(&h->lock);
  if (h->done) {
    free(answer);
  } else {
    h->done = true;
    h->code = code;
    h->answer = answer;
    h->answer_length = length;
    pthread_cond_signal(&h->answered);
  }
  pthread_mutex_unlock(&h->lock);
}

/* Wakes those that wait, with failure: of one plugin, or all. */
void host_calls_refuse(bridge *b, uint64_t plugin_id, bool all) {
  pthread_mutex_lock(&b->event_lock);
  for (host_call *h = b->waiting; h != NULL; h = h->next) {
    if (all || h->plugin_id == plugin_id) settle(h, 1, NULL, 0);
  }
  pthread_mutex_unlock(&b->event_lock);
}

int host_table_call(void *context, const char *method, const uint8_t *request, size_t length, cliproxy_buffer *response) {
  if (response != NULL) {
    response->ptr = NULL;
    response->len = 0;
  }
  if (method == NULL) return 1;
  plugin *p = plugin_of_context(context);
  if (p == NULL) return 1;
  /* plugin_of_context took a hold of it for us. */
  bridge *b = p->owner;
  host_call *h = host_call_new(p, method, request, length);
  if (h == NULL) {
    bridge_drop(b);
    return 1;
  }
  if (!enlist(b, p, h)) {
    atomic_store(&h->holders, 1);
    host_call_release(h);
    bridge_drop(b);
    return 1;
  }
  atomic_fetch_add(&p->host_calls, 1);
  events_push(b, &h->event);
  worker_blocks();
  pthread_mutex_lock(&h->lock);
  while (!h->done) pthread_cond_wait(&h->answered, &h->lock);
  int32_t code = h->code;
  if (response != NULL && h->answer_length > 0) {
    response->ptr = h->answer;
    response->len = (size_t)h->answer_length;
    h->answer = NULL;
  }
  pthread_mutex_unlock(&h->lock);
  worker_resumes();
  unlist(b, h);
  host_call_release(h);
  bridge_drop(b);
  return code;
}

void host_table_free(void *ptr, size_t length) {
  (void)length;
  free(ptr);
}

void bridge_take_request(bridge *b, uint64_t handle, uint8_t *out) {
  (void)b;
  host_call *h = (host_call *)(uintptr_t)handle;
  memcpy(out, h->request, (size_t)h->request_length);
}

void bridge_reply(bridge *b, uint64_t handle, int32_t code, const uint8_t *data, uint64_t length) {
  (void)b;
  host_call *h = (host_call *)(uintptr_t)handle;
  uint8_t *copy = NULL;
  if (code == 0 && length > 0) {
    copy = malloc((size_t)length);
    if (copy == NULL) code = 1;
    else memcpy(copy, data, (size_t)length);
  }
  settle(h, code, copy, code == 0 ? length : 0);
  host_call_release(h);
}
