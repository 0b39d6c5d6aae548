/* The elastic pool of threads that run plugin code, and the queue in front of it. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "internal.h"

/* Plugins expect the stack that threads have by default on a desktop; some C libraries give as little as 128 KiB. */
enum { STACK_BYTES = 8 * 1024 * 1024 };

void job_free(job *j) {
  free(j->answer);
  free(j);
}

bool pool_start(bridge *b) { return pthread_mutex_init(&b->job_lock, NULL) == 0; }

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

static void rest(bridge *b, worker *w) {
  w->next = b->resting;
  w->previous = NULL;
  if (b->resting != NULL) b->resting->previous = w;
  b->resting = w;
  b->idle++;
}

static void rouse(bridge *b, worker *w) {
  if (w->previous != NULL) w->previous->next = w->next;
  else b->resting = w->next;
  if (w->next != NULL) w->next->previous = w->previous;
  b->idle--;
}

static struct timespec idle_end(const bridge *b) {
  struct timespec until;
#ifdef __APPLE__
  clock_gettime(CLOCK_REALTIME, &until);
#else
  clock_gettime(CLOCK_MONOTONIC, &until);
#endif
  until.tv_sec += b->idle_ms / 1000;
  until.tv_nsec += (long)(b->idle_ms % 1000) * 1000000L;
  if (until.tv_nsec >= 1000000000L) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000L;
  }
  return until;
}

/* Waits for a job; NULL when the thread should end. Called and returns with the job lock held. */
static job *next_job(bridge *b, worker *w) {
  if (b->job_head != NULL) {
    job *j = b->job_head;
    unqueue(b, j);
    j->started = true;
    return j;
  }
  if (b->closing) return NULL;
  struct timespec until = idle_end(b);
  w->job = NULL;
  rest(b, w);
  while (w->job == NULL) {
    int result = pthread_cond_timedwait(&w->wake, &b->job_lock, &until);
    if (w->job == NULL && (result == ETIMEDOUT || b->closing)) {
      rouse(b, w);
      break;
    }
  }
  return w->job;
}

/*
 * Gives a job to the thread that went to rest last: its stack, and what the plugin's runtime keeps for it, are still
 * warm, and those at the bottom can end. False when none rests. Called with the job lock held.
 */
static bool hand_over(bridge *b, job *j) {
  worker *w = b->resting;
  if (w == NULL) return false;
  rouse(b, w);
  w->job = j;
  j->started = true;
  pthread_cond_signal(&w->wake);
  return true;
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

static void run(bridge *b, job *j) {
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

static bool worker_start(worker *w) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
#ifndef __APPLE__
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
  bool ok = pthread_cond_init(&w->wake, &attributes) == 0;
  pthread_condattr_destroy(&attributes);
  return ok;
}

static void *pool_thread(void *argument) {
  bridge *b = argument;
  worker self = {0};
  pthread_mutex_lock(&b->job_lock);
  if (worker_start(&self)) {
    for (job *j = next_job(b, &self); j != NULL; j = next_job(b, &self)) {
      pthread_mutex_unlock(&b->job_lock);
      run(b, j);
      pthread_mutex_lock(&b->job_lock);
    }
    pthread_cond_destroy(&self.wake);
  }
  b->threads--;
  pthread_mutex_unlock(&b->job_lock);
  bridge_drop(b);
  return NULL;
}

/*
 * Signals that the process gets from outside belong to the host's own threads. Faults stay: they are this thread's,
 * and so does SIGURG, with which a Go runtime preempts its threads.
 */
static void block_outside_signals(sigset_t *before) {
  sigset_t outside;
  sigfillset(&outside);
  static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGURG, SIGPROF};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) sigdelset(&outside, own[i]);
  pthread_sigmask(SIG_BLOCK, &outside, before);
}

/* With the job lock held. */
static bool start_thread(bridge *b) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  sigset_t before;
  block_outside_signals(&before);
  bridge_hold(b);
  pthread_t thread;
  bool started = pthread_create(&thread, &attributes, pool_thread, b) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (started) b->threads++;
  else bridge_drop(b);
  return started;
}

/* Gives a job to a thread, or queues it behind busy ones. False: there is no thread and none can be started. */
bool pool_submit(bridge *b, job *j) {
  pthread_mutex_lock(&b->job_lock);
  bool served = hand_over(b, j);
  if (!served) {
    enqueue(b, j);
    served = (b->threads < b->max_threads && start_thread(b)) || b->threads > 0;
    if (!served) unqueue(b, j);
  }
  pthread_mutex_unlock(&b->job_lock);
  return served;
}

/* Wakes every resting thread, to see that the bridge closes. */
void pool_close(bridge *b) {
  pthread_mutex_lock(&b->job_lock);
  b->closing = true;
  for (worker *w = b->resting; w != NULL; w = w->next) pthread_cond_signal(&w->wake);
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
