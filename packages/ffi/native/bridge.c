/* Making and ending a bridge, and submitting work to it. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

uint32_t bridge_revision(void) { return BRIDGE_REVISION; }

void bridge_hold(bridge *b) { atomic_fetch_add(&b->holders, 1); }

void bridge_drop(bridge *b) {
  if (atomic_fetch_sub(&b->holders, 1) != 1) return;
  pool_end(b);
  pthread_mutex_destroy(&b->event_lock);
  free(b);
}

bridge *bridge_new(uint32_t max_threads, uint32_t eager_threads, uint32_t idle_ms, uint64_t max_answer) {
  bridge *b = calloc(1, sizeof *b);
  if (b == NULL) return NULL;
  atomic_init(&b->holders, 1);
  b->max_threads = max_threads;
  b->eager_threads = eager_threads < max_threads ? eager_threads : max_threads;
  b->idle_ms = idle_ms;
  b->max_answer = max_answer;
  if (!events_start(b) || !pool_start(b)) {
    free(b);
    return NULL;
  }
  return b;
}

void bridge_free(bridge *b) {
  plugins_orphan(b);
  pool_close(b);
  events_stop(b);
  bridge_drop(b);
}

static job *job_new(enum job_kind kind, uint32_t event_kind, uint64_t id, const char *text, const uint8_t *request,
                    uint64_t length) {
  size_t text_length = strlen(text);
  job *j = calloc(1, sizeof *j + text_length + 1 + (size_t)length);
  if (j == NULL) return NULL;
  j->kind = kind;
  j->event.kind = event_kind;
  j->id = id;
  memcpy(j->bytes, text, text_length);
  j->method = j->bytes;
  if (length > 0) {
    j->request = (uint8_t *)j->bytes + text_length + 1;
    memcpy(j->bytes + text_length + 1, request, (size_t)length);
    j->request_length = length;
  }
  return j;
}

uint64_t bridge_open(bridge *b, uint64_t id, const char *path) {
  job *j = job_new(JOB_OPEN, EVENT_OPENED, id, path, NULL, 0);
  if (j == NULL) return 0;
  atomic_init(&j->state, JOB_DETACHED);
  plugin *p = plugin_new(b);
  if (p == NULL) {
    job_free(j);
    return 0;
  }
  uint64_t number = p->id; /* read before a pool thread has the plugin */
  j->plugin = p;
  if (!pool_submit(b, j)) {
    j->status = OPEN_NO_THREAD;
    events_push(b, &j->event);
  }
  return number;
}

/* Counts the job among its plugin's; false when the plugin is closing. */
static bool join(bridge *b, plugin *p) {
  pthread_mutex_lock(&b->job_lock);
  bool open = !p->closing;
  if (open) p->running++;
  pthread_mutex_unlock(&b->job_lock);
  return open;
}

static job *call_new(bridge *b, plugin *p, uint64_t id, const char *method, const uint8_t *request, uint64_t length,
                     int state) {
  job *j = job_new(JOB_CALL, EVENT_CALL_DONE, id, method, request, length);
  if (j == NULL) return NULL;
  if (!join(b, p)) {
    job_free(j);
    return NULL;
  }
  j->plugin = p;
  atomic_init(&j->state, state);
  return j;
}

/* A call that no thread will run still gets its answer, the way that every call does. */
static void refuse(bridge *b, job *j) {
  j->status = ANSWER_NO_THREAD;
  pthread_mutex_lock(&b->job_lock);
  j->plugin->running--;
  j->started = true;
  atomic_store(&j->state, JOB_FINISHED);
  pthread_mutex_unlock(&b->job_lock);
  events_push(b, &j->event);
}

uint64_t bridge_submit(bridge *b, uint64_t handle, uint64_t id, const char *method, const uint8_t *request,
                       uint64_t length) {
  job *j = call_new(b, (plugin *)(uintptr_t)handle, id, method, request, length, JOB_DETACHED);
  if (j == NULL) return 0;
  if (!pool_submit(b, j)) refuse(b, j);
  return (uint64_t)(uintptr_t)j;
}

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Spins until the job is finished, the budget is spent, or the plugin calls the host. */
static void wait_in_place(const job *j, const plugin *p, uint32_t host_calls_before, uint32_t budget_us) {
  uint64_t end = monotonic_us() + budget_us;
  for (uint32_t spins = 1; atomic_load_explicit(&j->state, memory_order_acquire) != JOB_FINISHED; spins++) {
    relax();
    if (spins % 64 != 0) continue;
    /* A plugin that waits for the host waits for this very thread. */
    if (atomic_load(&p->host_calls) != host_calls_before || monotonic_us() >= end) return;
    sched_yield();
  }
}

int bridge_call_within(bridge *b, uint64_t handle, uint64_t id, const char *method, const uint8_t *request,
                       uint64_t length, uint32_t budget_us, bridge_answer *result, uint8_t *out, uint64_t capacity) {
  plugin *p = (plugin *)(uintptr_t)handle;
  job *j = call_new(b, p, id, method, request, length, JOB_WAITED);
  if (j == NULL) return 0;
  uint32_t host_calls_before = atomic_load(&p->host_calls);
  memset(result, 0, sizeof *result);
  result->handle = (uint64_t)(uintptr_t)j;
  result->pending = 1;
  if (!pool_submit(b, j)) {
    refuse(b, j);
    return 1;
  }
  wait_in_place(j, p, host_calls_before, budget_us);
  int expected = JOB_WAITED;
  if (atomic_compare_exchange_strong(&j->state, &expected, JOB_DETACHED)) return 1;
  result->pending = 0;
  result->status = j->status;
  result->code = j->code;
  result->length = j->answer_length;
  result->large = j->answer_length > capacity;
  if (result->large) return 1;
  if (j->answer_length > 0) memcpy(out, j->answer, (size_t)j->answer_length);
  job_free(j);
  return 1;
}
