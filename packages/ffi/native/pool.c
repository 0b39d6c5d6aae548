/* Jobs for the pool of threads: their queue, and their ends. */
#include <stdlib.h>

#include "internal.h"

void job_free(job *j) {
  free(j->answer);
  free(j);
}

bool pool_start(bridge *b) {
  b->limit = b->eager_threads;
  return pthread_mutex_init(&b->job_lock, NULL) == 0 && cond_start(&b->queue_filled);
}

void pool_end(bridge *b) {
  pthread_cond_destroy(&b->queue_filled);
  pthread_mutex_destroy(&b->job_lock);
}

static void enqueue(bridge *b, job *j) {
  j->queue_next = NULL;
  j->queue_previous = b->job_tail;
  if (b->job_tail != NULL) b->job_tail->queue_next = j;
  else b->job_head = j;
  b->job_tail = j;
  b->queued++;
}

static void unqueue(bridge *b, job *j) {
  if (j->queue_previous != NULL) j->queue_previous->queue_next = j->queue_next;
  else b->job_head = j->queue_next;
  if (j->queue_next != NULL) j->queue_next->queue_previous = j->queue_previous;
  else b->job_tail = j->queue_previous;
  b->queued--;
}

/* The job that has waited longest, for the thread that asks; NULL when none waits. Called with the job lock held. */
job *pool_next(bridge *b) {
  job *j = b->job_head;
  if (j == NULL) return NULL;
  unqueue(b, j);
  j->started = true;
  return j;
}

/* The last job of a closing plugin makes way for its shutdown. Returns that shutdown, to be queued. */
static job *job_ended(plugin *p) {
  if (--p->running > 0 || !p->closing) return NULL;
  job *shutdown = calloc(1, sizeof *shutdown);
  if (shutdown == NULL) return NULL;
  shutdown->kind = JOB_SHUTDOWN;
  shutdown->event.kind = EVENT_SHUT_DOWN;
  shutdown->plugin = p;
  shutdown->id = p->closing_id;
  atomic_init(&shutdown->state, JOB_DETACHED);
  return shutdown;
}

static void run_shutdown(plugin *p) {
  if (p->api.shutdown != NULL) p->api.shutdown();
  plugin_retire(p);
}

/* Gives a finished job to whoever takes its answer. The job may be gone afterwards. */
static void deliver(bridge *b, job *j) {
  if (j->kind != JOB_CALL) {
    events_push(b, &j->event);
    return;
  }
  int expected = JOB_WAITED;
  if (atomic_compare_exchange_strong(&j->state, &expected, JOB_FINISHED)) return;
  pthread_mutex_lock(&b->job_lock);
  if (atomic_load(&j->state) == JOB_ABANDONED) {
    free(j->answer);
    j->answer = NULL;
    j->answer_length = 0;
    j->event.kind = EVENT_CALL_LATE;
  }
  /* Under the lock: an abandon that comes now must find the job in the queue, and finds it marked as finished. */
  atomic_store(&j->state, JOB_FINISHED);
  pthread_mutex_unlock(&b->job_lock);
  events_push(b, &j->event);
}

/* Runs a job on the thread that calls. */
void pool_run(bridge *b, job *j) {
  plugin *p = j->kind == JOB_CALL ? j->plugin : NULL;
  switch (j->kind) {
    case JOB_OPEN:
      plugin_run_open(j);
      break;
    case JOB_CALL:
      plugin_run_call(b, j);
      break;
    case JOB_SHUTDOWN:
      run_shutdown(j->plugin);
      break;
  }
  deliver(b, j);
  if (p == NULL) return;
  pthread_mutex_lock(&b->job_lock);
  job *shutdown = job_ended(p);
  if (shutdown != NULL) enqueue(b, shutdown);
  pthread_mutex_unlock(&b->job_lock);
}

/* Gives a job to a thread, or queues it behind others. False: there is no thread and none can be started. */
bool pool_submit(bridge *b, job *j) {
  pthread_mutex_lock(&b->job_lock);
  enqueue(b, j);
  workers_dispatch(b);
  if (!j->started && b->starting < b->queued) watch_queue(b);
  bool served = j->started || b->threads > 0;
  if (!served) unqueue(b, j);
  pthread_mutex_unlock(&b->job_lock);
  return served;
}

/* Lets every thread see that the bridge closes. What is queued still runs, and nothing is left that would wait. */
void pool_close(bridge *b) {
  pthread_mutex_lock(&b->job_lock);
  b->closing = true;
  b->limit = b->max_threads;
  workers_dispatch(b);
  workers_wake(b);
  pthread_cond_signal(&b->queue_filled);
  pthread_mutex_unlock(&b->job_lock);
}

static void submit_shutdown(bridge *b, job *shutdown) {
  if (shutdown == NULL || pool_submit(b, shutdown)) return;
  shutdown->status = ANSWER_NO_THREAD;
  events_push(b, &shutdown->event);
}

int bridge_abandon(bridge *b, uint64_t handle) {
  job *j = (job *)(uintptr_t)handle;
  pthread_mutex_lock(&b->job_lock);
  if (!j->started) {
    unqueue(b, j);
    job *shutdown = job_ended(j->plugin);
    pthread_mutex_unlock(&b->job_lock);
    job_free(j);
    submit_shutdown(b, shutdown);
    return 1;
  }
  if (atomic_load(&j->state) == JOB_FINISHED) {
    /* Done, and somewhere in the event queue. The drain reads kind and length under the event lock. */
    pthread_mutex_unlock(&b->job_lock);
    pthread_mutex_lock(&b->event_lock);
    j->event.kind = EVENT_CALL_LATE;
    j->answer_length = 0;
    pthread_mutex_unlock(&b->event_lock);
    return 0;
  }
  atomic_store(&j->state, JOB_ABANDONED);
  pthread_mutex_unlock(&b->job_lock);
  return 0;
}

/* Takes a call away that no thread has come for yet, and says so; any other is left to end by itself. */
bool pool_withdraw(bridge *b, uint64_t id) {
  pthread_mutex_lock(&b->job_lock);
  job *j = b->job_head;
  while (j != NULL && !(j->kind == JOB_CALL && j->id == id)) j = j->queue_next;
  job *shutdown = NULL;
  if (j != NULL) {
    unqueue(b, j);
    shutdown = job_ended(j->plugin);
  }
  pthread_mutex_unlock(&b->job_lock);
  bool withdrawn = j != NULL;
  if (withdrawn) job_free(j);
  submit_shutdown(b, shutdown);
  return withdrawn;
}

void bridge_close(bridge *b, uint64_t handle, uint64_t id) {
  plugin *p = (plugin *)(uintptr_t)handle;
  pthread_mutex_lock(&b->job_lock);
  p->closing = true;
  p->closing_id = id;
  /* As if a last call had ended: with nothing running, the shutdown is due now. */
  p->running++;
  job *shutdown = job_ended(p);
  pthread_mutex_unlock(&b->job_lock);
  submit_shutdown(b, shutdown);
}

/* Keeps the plugin from being shut down until plugin_let_go, as a running call does. */
void plugin_keep(bridge *b, plugin *p) {
  pthread_mutex_lock(&b->job_lock);
  p->running++;
  pthread_mutex_unlock(&b->job_lock);
}

void plugin_let_go(bridge *b, plugin *p) {
  pthread_mutex_lock(&b->job_lock);
  job *shutdown = job_ended(p);
  pthread_mutex_unlock(&b->job_lock);
  submit_shutdown(b, shutdown);
}

void bridge_stats(bridge *b, uint64_t *numbers) {
  pthread_mutex_lock(&b->job_lock);
  numbers[0] = b->threads;
  numbers[1] = b->idle;
  numbers[2] = b->queued;
  pthread_mutex_unlock(&b->job_lock);
  pthread_mutex_lock(&b->event_lock);
  numbers[3] = b->event_count;
  pthread_mutex_unlock(&b->event_lock);
}
