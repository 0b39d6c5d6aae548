/* The queue of events and the descriptor that announces it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#endif

#include "internal.h"

bool events_start(bridge *b) {
  if (pthread_mutex_init(&b->event_lock, NULL) != 0) return false;
#ifdef __linux__
  b->wake_read = b->wake_write = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return b->wake_read >= 0;
#else
  int ends[2];
  if (pipe(ends) != 0) return false;
  for (int i = 0; i < 2; i++) {
    fcntl(ends[i], F_SETFL, O_NONBLOCK);
    fcntl(ends[i], F_SETFD, FD_CLOEXEC);
  }
  b->wake_read = ends[0];
  b->wake_write = ends[1];
  return true;
#endif
}

static void wake(bridge *b) {
  uint64_t one = 1;
  while (write(b->wake_write, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

static void silence(bridge *b) {
  uint64_t count[8];
  while (read(b->wake_read, count, sizeof count) < 0 && errno == EINTR) {
  }
}

static void discard(event *e) {
  if (e->kind == EVENT_HOST_CALL) host_call_release((host_call *)e);
  else job_free((job *)e);
}

void events_push(bridge *b, event *e) {
  e->next = NULL;
  pthread_mutex_lock(&b->event_lock);
  if (b->deaf) {
    pthread_mutex_unlock(&b->event_lock);
    discard(e);
    return;
  }
  if (b->event_tail != NULL) b->event_tail->next = e;
  else b->event_head = e;
  b->event_tail = e;
  b->event_count++;
  bool announce = !b->signalled;
  b->signalled = true;
  /* Written under the lock: after events_stop nobody may touch the descriptor, whose number may be somebody else's. */
  if (announce) wake(b);
  pthread_mutex_unlock(&b->event_lock);
}

void events_stop(bridge *b) {
  pthread_mutex_lock(&b->event_lock);
  b->deaf = true;
  event *e = b->event_head;
  b->event_head = b->event_tail = NULL;
  b->event_count = 0;
  close(b->wake_read);
  if (b->wake_write != b->wake_read) close(b->wake_write);
  pthread_mutex_unlock(&b->event_lock);
  host_calls_refuse(b, 0, true);
  while (e != NULL) {
    event *next = e->next;
    discard(e);
    e = next;
  }
}

int bridge_wake_descriptor(bridge *b) { return b->wake_read; }

/* What a header and its bytes take, with `inlined` payload bytes. */
static uint64_t space_for(uint64_t method_length, uint64_t inlined) {
  return sizeof(bridge_event_header) + ((method_length + inlined + 7) & ~(uint64_t)7);
}

static bridge_event_header describe(const event *e, const char **method, const uint8_t **payload) {
  bridge_event_header h = {.kind = e->kind};
  h.handle = (uint64_t)(uintptr_t)e;
  *method = NULL;
  if (e->kind == EVENT_HOST_CALL) {
    const host_call *call = (const host_call *)e;
    h.id = call->plugin_id;
    h.method_length = (uint32_t)strlen(call->method);
    h.length = call->request_length;
    *method = call->method;
    *payload = call->request;
    return h;
  }
  const job *j = (const job *)e;
  h.id = j->id;
  h.status = j->status;
  h.code = j->code;
  if (j->kind == JOB_OPEN) h.handle = (uint64_t)(uintptr_t)j->plugin;
  h.length = j->answer_length;
  *payload = j->answer;
  return h;
}

uint64_t bridge_drain(bridge *b, uint8_t *buffer, uint64_t capacity) {
  uint64_t used = 0;
  pthread_mutex_lock(&b->event_lock);
  if (b->signalled && b->event_count > 0) silence(b);
  while (b->event_head != NULL) {
    event *e = b->event_head;
    const char *method;
    const uint8_t *payload;
    bridge_event_header h = describe(e, &method, &payload);
    /* A payload that takes more than a quarter of the buffer is fetched by itself, straight to where it is wanted. */
    bool large = e->kind != EVENT_OPENED && h.length > capacity / 4;
    uint64_t inlined = large ? 0 : h.length;
    uint64_t need = space_for(h.method_length, inlined);
    if (used + need > capacity) break;
    if (large) h.flags |= EVENT_FLAG_LARGE;
    memcpy(buffer + used, &h, sizeof h);
    if (h.method_length > 0) memcpy(buffer + used + sizeof h, method, h.method_length);
    if (inlined > 0) memcpy(buffer + used + sizeof h + h.method_length, payload, (size_t)inlined);
    used += need;
    b->event_head = e->next;
    if (b->event_head == NULL) b->event_tail = NULL;
    b->event_count--;
    /* A host call lives until its reply, a large answer until bridge_take; everything else is over now. */
    if (e->kind != EVENT_HOST_CALL && !large) job_free((job *)e);
  }
  if (b->event_head == NULL) b->signalled = false;
  pthread_mutex_unlock(&b->event_lock);
  return used;
}

void bridge_take(bridge *b, uint64_t handle, uint8_t *out) {
  (void)b;
  job *j = (job *)(uintptr_t)handle;
  memcpy(out, j->answer, (size_t)j->answer_length);
  job_free(j);
}
