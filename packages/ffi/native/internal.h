/* What the files of the bridge share among themselves. */
#ifndef CLIPROXY_BRIDGE_INTERNAL_H
#define CLIPROXY_BRIDGE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge.h"
#include "cliproxy_plugin.h"

typedef struct plugin plugin;

/* Head of everything that can stand in the event queue. */
typedef struct event {
  struct event *next;
  uint32_t kind;
} event;

/*
 * A job's life. WAITED and DETACHED say who takes the answer of a running job; ABANDONED that nobody does.
 * Every change of `state` is made under the bridge's job lock, except WAITED -> FINISHED/DETACHED, which the
 * JavaScript thread and one pool thread settle between them by compare-and-swap.
 */
enum job_state { JOB_WAITED, JOB_DETACHED, JOB_FINISHED, JOB_ABANDONED };

enum job_kind { JOB_CALL, JOB_OPEN, JOB_SHUTDOWN };

typedef struct job {
  event event; /* first: a finished job is its own event */
  struct job *queue_next, *queue_previous;
  enum job_kind kind;
  _Atomic int state;
  bool started; /* under the job lock */
  plugin *plugin;
  uint64_t id;
  uint32_t status;
  int32_t code;
  uint8_t *answer; /* our copy, malloc'd */
  uint64_t answer_length;
  const char *method;
  const uint8_t *request; /* NULL when empty */
  uint64_t request_length;
  char bytes[]; /* the method with its NUL, then the request; the path of a JOB_OPEN */
} job;

/* One call of a plugin to the host. Two parties hold it: the waiting thread and the JavaScript side. */
typedef struct host_call {
  event event; /* first: it is its own event */
  _Atomic int holders;
  pthread_mutex_t lock;
  pthread_cond_t answered;
  bool done;
  int32_t code;
  uint8_t *answer;
  uint64_t answer_length;
  uint64_t plugin_id;
  const char *method;
  uint8_t *request; /* our copy, malloc'd */
  uint64_t request_length;
  struct host_call *next, *previous; /* those that wait, under the bridge's event lock */
} host_call;

/*
 * What a thread of the pool does. RUNNING ones count against the limit of threads that may run plugin code at a time;
 * those that are known to wait, for the host or for whatever else makes a call take long, do not.
 */
enum worker_state { WORKER_RESTING, WORKER_RUNNING, WORKER_STALLED, WORKER_BLOCKED };

/* A thread of the pool. It lives on that thread's stack; all of it is under the job lock. */
typedef struct worker {
  struct worker *next, *previous; /* of those that rest, or of those that run */
  pthread_cond_t wake;
  bridge *owner;
  job *job; /* what it was given while it rested */
  enum worker_state state;
  uint64_t since_us; /* when it began to run, or to run on after a host call */
} worker;

struct bridge {
  _Atomic uint64_t holders; /* the JavaScript side, each pool thread, each waiting host call */
  uint64_t max_answer;

  pthread_mutex_t event_lock;
  event *event_head, *event_tail;
  uint64_t event_count;
  bool signalled;
  bool deaf; /* the JavaScript side is gone: events are dropped, host calls refused */
  bool orphaning; /* under the lock of the contexts */
  host_call *waiting;
  int wake_read, wake_write;

  pthread_mutex_t job_lock;
  job *job_head, *job_tail; /* calls that wait for a thread, or for their turn */
  worker *resting;          /* threads without work, the last to rest first */
  worker *running;          /* the last to start first */
  uint32_t queued, idle, threads, max_threads, idle_ms;
  uint32_t starting;           /* threads that have been started and did not come for a job yet */
  uint32_t active;             /* threads in `running` */
  uint32_t eager_threads;      /* how many may be active without anything stalled */
  uint32_t limit;              /* how many may be active at the moment */
  uint64_t finished;           /* jobs done so far */
  pthread_cond_t queue_filled; /* wakes the watcher */
  bool watcher, watching;      /* the watcher's thread exists; it looks at the queue periodically */
  bool closing;
};

/*
 * One opened library. It is never freed: a plugin may keep a thread that reads the host table long after shutdown.
 * A few hundred bytes for each library ever opened.
 */
struct plugin {
  cliproxy_host_api host; /* what the plugin points to */
  cliproxy_plugin_api api;
  bridge *owner;
  void *library; /* while it may be called; under the lock of the contexts */
  uint64_t id;
  _Atomic uint32_t host_calls; /* started so far; wakes bridge_call_within */
  uint32_t running;            /* jobs of this plugin, queued or running; under the job lock */
  bool closing;                /* under the job lock */
  uint64_t closing_id;
  _Atomic bool live; /* host calls are taken */
};

/* events.c */
bool events_start(bridge *b);
void events_push(bridge *b, event *e);
void events_stop(bridge *b);

/* pool.c: jobs and their queue */
bool pool_start(bridge *b);
void pool_end(bridge *b);
bool pool_submit(bridge *b, job *j);
void pool_close(bridge *b);
bool pool_withdraw(bridge *b, uint64_t id);
void plugin_keep(bridge *b, plugin *p);
void plugin_let_go(bridge *b, plugin *p);
void pool_run(bridge *b, job *j);
job *pool_next(bridge *b);
void job_free(job *j);

/* workers.c: the threads that run jobs. All but the last two are called with the job lock held. */
void workers_dispatch(bridge *b);
void workers_note_stalled(bridge *b, uint64_t now_us);
void workers_wake(bridge *b);
bool start_detached(void *(*run)(void *), bridge *b);
bool cond_start(pthread_cond_t *cond);
struct timespec cond_deadline(uint64_t after_us);
uint64_t monotonic_us(void);
void worker_blocks(void);
void worker_resumes(void);

/* watch.c: what keeps the limit from holding calls up behind others that wait */
void watch_queue(bridge *b);

/* plugin.c */
plugin *plugin_new(bridge *b);
void plugins_orphan(bridge *b);
void plugin_run_open(job *j);
void plugin_run_call(bridge *b, job *j);
plugin *plugin_of_context(void *context);
void plugin_retire(plugin *p);

/* host_call.c */
int host_table_call(void *context, const char *method, const uint8_t *request, size_t length, cliproxy_buffer *response);
void host_table_free(void *ptr, size_t length);
void host_call_release(host_call *h);
void host_calls_refuse(bridge *b, uint64_t plugin_id, bool all);

/* copy.c */
uint32_t copy_foreign(const void *from, uint64_t length, uint64_t limit, uint8_t **copy);

/* bridge.c */
void bridge_hold(bridge *b);
void bridge_drop(bridge *b);

#endif
