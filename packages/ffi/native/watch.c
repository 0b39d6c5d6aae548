/*
 * Calls that wait for their turn must not wait for others that wait themselves. While there are any, one thread looks
 * every half millisecond: a call that has run all that time makes room for another; and where nothing at all has
 * finished, twice as many may run as before, so that a thousand calls that sleep all sleep within a few milliseconds.
 */
#include <errno.h>

#include "internal.h"

enum {
  LOOK_EVERY_US = 500,
  /* When every thread that there may be is busy, looking changes nothing. */
  LOOK_IN_VAIN_EVERY_US = 10000
};

static void relieve(bridge *b, bool nothing_finished) {
  workers_note_stalled(b, monotonic_us());
  if (!nothing_finished) b->limit = b->eager_threads;
  else b->limit = b->limit > b->max_threads / 2 ? b->max_threads : b->limit * 2;
  workers_dispatch(b);
}

/* Until jobs are queued again; false when none were for as long as a thread of the pool would wait. */
static bool sleep_until_queued(bridge *b) {
  struct timespec until = cond_deadline((uint64_t)b->idle_ms * 1000);
  b->watching = false;
  while (!b->watching && !b->closing) {
    if (pthread_cond_timedwait(&b->queue_filled, &b->job_lock, &until) == ETIMEDOUT && !b->watching) return false;
  }
  return true;
}

static void *watcher(void *argument) {
  bridge *b = argument;
  pthread_mutex_lock(&b->job_lock);
  while (!b->closing) {
    uint64_t finished = b->finished;
    bool in_vain = b->idle == 0 && b->threads >= b->max_threads;
    struct timespec until = cond_deadline(in_vain ? LOOK_IN_VAIN_EVERY_US : LOOK_EVERY_US);
    while (!b->closing && pthread_cond_timedwait(&b->queue_filled, &b->job_lock, &until) != ETIMEDOUT) {
    }
    if (b->closing) break;
    if (b->queued > 0) {
      relieve(b, b->finished == finished);
      continue;
    }
    b->limit = b->eager_threads;
    if (!sleep_until_queued(b)) break;
  }
  b->watcher = b->watching = false;
  pthread_mutex_unlock(&b->job_lock);
  bridge_drop(b);
  return NULL;
}

/* Jobs have to wait for their turn: sees to it that it comes. Called with the job lock held. */
void watch_queue(bridge *b) {
  if (b->watching) return;
  /* What has run for long already needs no more looking at. */
  workers_note_stalled(b, monotonic_us());
  workers_dispatch(b);
  if (b->queued <= b->starting || b->closing) return;
  b->watching = true;
  if (b->watcher) {
    pthread_cond_signal(&b->queue_filled);
    return;
  }
  b->watcher = start_detached(watcher, b);
  if (b->watcher) return;
  /* Nobody can look: then nothing is held up. */
  b->watching = false;
  b->limit = b->max_threads;
  workers_dispatch(b);
}
