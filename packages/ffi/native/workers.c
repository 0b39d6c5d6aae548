/*
 * The elastic pool of threads that run plugin code.
 *
 * A plugin's runtime may have fewer processors than we could have threads, and suffers when many threads enter it at
 * once: with 64 threads in a Go library that has two processors, some calls of 20 microseconds take 30 milliseconds.
 * So only a few threads run at a time, and more are added for what waits: at once for a call that waits for the host,
 * and soon for one that takes long for whatever reason (watch.c).
 */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "internal.h"

enum {
  /* Plugins expect the stack that threads have by default on a desktop; some C libraries give as little as 128 KiB. */
  STACK_BYTES = 8 * 1024 * 1024,
  /* A call that runs for longer is taken to wait for something. */
  STALL_US = 500
};

/* The thread of the pool that we are on; NULL on threads that plugins started. */
static _Thread_local worker *current;

uint64_t monotonic_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

bool cond_start(pthread_cond_t *cond) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
#ifndef __APPLE__
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
  bool ok = pthread_cond_init(cond, &attributes) == 0;
  pthread_condattr_destroy(&attributes);
  return ok;
}

/* A point in time for a wait on what cond_start made. */
struct timespec cond_deadline(uint64_t after_us) {
  struct timespec until;
#ifdef __APPLE__
  clock_gettime(CLOCK_REALTIME, &until);
#else
  clock_gettime(CLOCK_MONOTONIC, &until);
#endif
  until.tv_sec += (time_t)(after_us / 1000000);
  until.tv_nsec += (long)(after_us % 1000000) * 1000L;
  if (until.tv_nsec >= 1000000000L) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000L;
  }
  return until;
}

static void link_worker(worker **list, worker *w) {
  w->next = *list;
  w->previous = NULL;
  if (*list != NULL) (*list)->previous = w;
  *list = w;
}

static void unlink_worker(worker **list, worker *w) {
  if (w->previous != NULL) w->previous->next = w->next;
  else *list = w->next;
  if (w->next != NULL) w->next->previous = w->previous;
}

static void rest(bridge *b, worker *w) {
  w->state = WORKER_RESTING;
  link_worker(&b->resting, w);
  b->idle++;
}

static void rouse(bridge *b, worker *w) {
  unlink_worker(&b->resting, w);
  b->idle--;
}

static void set_running(bridge *b, worker *w) {
  w->state = WORKER_RUNNING;
  w->since_us = monotonic_us();
  link_worker(&b->running, w);
  b->active++;
}

/* It does not count as running any more: it waits, or has ended its job. */
static void set_aside(bridge *b, worker *w, enum worker_state state) {
  if (w->state == WORKER_RUNNING) {
    unlink_worker(&b->running, w);
    b->active--;
  }
  w->state = state;
}

void worker_blocks(void) {
  worker *w = current;
  if (w == NULL) return;
  bridge *b = w->owner;
  pthread_mutex_lock(&b->job_lock);
  set_aside(b, w, WORKER_BLOCKED);
  workers_dispatch(b);
  pthread_mutex_unlock(&b->job_lock);
}

void worker_resumes(void) {
  worker *w = current;
  if (w == NULL) return;
  bridge *b = w->owner;
  pthread_mutex_lock(&b->job_lock);
  set_running(b, w);
  pthread_mutex_unlock(&b->job_lock);
}

/* What has run for long stops counting. */
void workers_note_stalled(bridge *b, uint64_t now_us) {
  for (worker *w = b->running; w != NULL;) {
    worker *next = w->next;
    if (now_us - w->since_us >= STALL_US) set_aside(b, w, WORKER_STALLED);
    w = next;
  }
}

static bool has_turn(const bridge *b) { return b->active + b->starting < b->limit; }

/* Waits for a job; NULL when the thread should end. Called and returns with the job lock held. */
static job *next_job(bridge *b, worker *w) {
  w->job = has_turn(b) ? pool_next(b) : NULL;
  if (w->job != NULL) {
    set_running(b, w);
    return w->job;
  }
  if (b->closing) return NULL;
  struct timespec until = cond_deadline((uint64_t)b->idle_ms * 1000);
  rest(b, w);
  /* It was another's turn: see to it that the turn of what is queued comes. */
  if (b->queued > b->starting) watch_queue(b);
  while (w->job == NULL) {
    int result = pthread_cond_timedwait(&w->wake, &b->job_lock, &until);
    if (w->job == NULL && (result == ETIMEDOUT || b->closing)) {
      rouse(b, w);
      break;
    }
  }
  return w->job;
}

static void *pool_thread(void *argument) {
  bridge *b = argument;
  worker self = {.owner = b};
  pthread_mutex_lock(&b->job_lock);
  b->starting--;
  if (cond_start(&self.wake)) {
    current = &self;
    for (job *j = next_job(b, &self); j != NULL; j = next_job(b, &self)) {
      pthread_mutex_unlock(&b->job_lock);
      pool_run(b, j);
      pthread_mutex_lock(&b->job_lock);
      set_aside(b, &self, WORKER_RESTING);
      b->finished++;
    }
    current = NULL;
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

/* Starts a thread that has a hold of the bridge, to be dropped at its end. */
bool start_detached(void *(*run)(void *), bridge *b) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  sigset_t before;
  block_outside_signals(&before);
  bridge_hold(b);
  pthread_t thread;
  bool started = pthread_create(&thread, &attributes, run, b) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (!started) bridge_drop(b);
  return started;
}

/*
 * Gives a job to the thread that went to rest last: its stack, and what the plugin's runtime keeps for it, are still
 * warm, and those at the bottom can end. False when none rests.
 */
static bool hand_over(bridge *b) {
  worker *w = b->resting;
  if (w == NULL) return false;
  rouse(b, w);
  w->job = pool_next(b);
  set_running(b, w);
  pthread_cond_signal(&w->wake);
  return true;
}

static bool start_worker(bridge *b) {
  if (b->threads >= b->max_threads || !start_detached(pool_thread, b)) return false;
  b->threads++;
  b->starting++;
  return true;
}

/* Gives threads to queued jobs whose turn it is. */
void workers_dispatch(bridge *b) {
  while (b->queued > b->starting && has_turn(b) && (hand_over(b) || start_worker(b))) {
  }
}

void workers_wake(bridge *b) {
  for (worker *w = b->resting; w != NULL; w = w->next) pthread_cond_signal(&w->wake);
}
