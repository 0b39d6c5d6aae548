/*
 * The bridge between one JavaScript thread and native plugins.
 *
 * Plugin code never runs on the JavaScript thread. Plugin calls run on an elastic pool of plain threads; what
 * happened (a call finished, a plugin calls the host, a library was opened) goes into one queue of events, and one
 * file descriptor turns readable when that queue turns non-empty. The JavaScript side drains all events at once.
 *
 * Threads: except for what plugins call through their host table, every function here is called by one thread only,
 * the JavaScript thread that made the bridge. No function blocks, except bridge_call_within, for at most its budget.
 *
 * Handles (jobs, host calls, plugins) are numbers for the JavaScript side. Each says below how long it is good for.
 */
#ifndef CLIPROXY_BRIDGE_H
#define CLIPROXY_BRIDGE_H

#include <stdint.h>

#if defined(__GNUC__)
#define BRIDGE_EXPORT __attribute__((visibility("default")))
#else
#define BRIDGE_EXPORT
#endif

/* Changes whenever a signature or the layout of an event changes; the JavaScript side refuses another one. */
#define BRIDGE_REVISION 2u

typedef struct bridge bridge;

/* Kinds of events. */
enum {
  EVENT_CALL_DONE = 1,   /* a submitted call has its answer; ends the job handle (after bridge_take when large) */
  EVENT_CALL_LATE = 2,   /* an abandoned call has returned; its answer is gone; ends the job handle */
  EVENT_HOST_CALL = 3,   /* a plugin calls the host and waits; the handle is good until bridge_reply */
  EVENT_OPENED = 4,      /* bridge_open has ended; `handle` is the plugin on success; the payload says why not */
  EVENT_SHUT_DOWN = 5    /* the plugin of a bridge_close has been shut down */
};

/* `flags` of an event. */
enum {
  EVENT_FLAG_LARGE = 1   /* the payload is not in the buffer: bridge_take (answers) or bridge_take_request (host calls) */
};

/* `status` of EVENT_CALL_DONE: what was wrong with the answer buffer itself. */
enum {
  ANSWER_OK = 0,
  ANSWER_NULL_WITH_LENGTH = 1, /* a NULL pointer with a length above 0 */
  ANSWER_TOO_LONG = 2,         /* longer than the limit given to bridge_new */
  ANSWER_UNREADABLE = 3,       /* the pointer and length do not name readable memory */
  ANSWER_NO_MEMORY = 4,        /* the host has no memory for a copy */
  ANSWER_NO_THREAD = 5         /* the call was not made: no thread could be started */
};

/* `status` of EVENT_OPENED. `code` carries the number that the name asks for. */
enum {
  OPEN_OK = 0,
  OPEN_NOT_A_LIBRARY = 1,     /* payload: the dynamic loader's words */
  OPEN_SYMBOL_MISSING = 2,
  OPEN_INIT_REFUSED = 3,      /* code: what cliproxy_plugin_init returned */
  OPEN_ABI_UNSUPPORTED = 4,   /* code: the version the plugin wrote */
  OPEN_TABLE_INCOMPLETE = 5,  /* code: bit 0 call is NULL, bit 1 free_buffer is NULL */
  OPEN_ALREADY_OPEN = 6,      /* the same library is open already, in this process */
  OPEN_NO_THREAD = 7
};

/* One event in the drain buffer, followed by the method's bytes, then the payload's, padded to 8 bytes. */
typedef struct {
  uint32_t kind;
  uint32_t flags;
  uint32_t status;
  int32_t code;          /* what the plugin returned, for EVENT_CALL_DONE */
  uint64_t id;           /* the number given to bridge_submit, bridge_open or bridge_close; a plugin's for host calls */
  uint64_t handle;
  uint32_t method_length;
  uint32_t reserved;
  uint64_t length;       /* of the payload */
} bridge_event_header;

/* What bridge_call_within found out. */
typedef struct {
  uint32_t pending;      /* 1: no answer yet, it comes as an event */
  uint32_t status;
  int32_t code;
  uint32_t large;        /* 1: the answer did not fit: bridge_take with `handle` */
  uint64_t length;
  uint64_t handle;
} bridge_answer;

BRIDGE_EXPORT uint32_t bridge_revision(void);

/*
 * Makes a bridge: at most `max_threads` pool threads, each ending after `idle_ms` without work; answers longer than
 * `max_answer` bytes are refused. `eager_threads` of them run plugin code at a time, and one more for each call that
 * waits for the host or takes longer than half a millisecond. NULL when the system gives no descriptor or memory.
 */
BRIDGE_EXPORT bridge *bridge_new(uint32_t max_threads, uint32_t eager_threads, uint32_t idle_ms, uint64_t max_answer);

/* The descriptor to poll for reading. */
BRIDGE_EXPORT int bridge_wake_descriptor(bridge *b);

/*
 * Gives up the JavaScript side's hold. Pool threads end when they are idle; memory goes when the last one has ended.
 * No event is delivered afterwards; host calls that still wait, and later ones, fail.
 */
BRIDGE_EXPORT void bridge_free(bridge *b);

/*
 * Loads the library at `path` (copied) and initialises it, on a pool thread. Ends in EVENT_OPENED with `id`. Returns
 * the number by which EVENT_HOST_CALL names this plugin, already during its initialisation; 0 when there is no memory.
 */
BRIDGE_EXPORT uint64_t bridge_open(bridge *b, uint64_t id, const char *path);

/*
 * Runs `method` of a plugin on a pool thread. Method and request are copied. Ends in EVENT_CALL_DONE (or
 * EVENT_CALL_LATE after bridge_abandon) with `id`. Returns the job's handle, or 0 when there is no memory or the
 * plugin is closing.
 */
BRIDGE_EXPORT uint64_t bridge_submit(bridge *b, uint64_t plugin, uint64_t id, const char *method, const uint8_t *request,
                                     uint64_t length);

/*
 * As bridge_submit, and waits for the answer for up to `budget_us` microseconds, or until the plugin calls the host.
 * When the answer came: result->pending is 0, the bytes are in `out` (or large), and no event follows. Otherwise
 * result->pending is 1 and result->handle is the job. Returns 0 when nothing was submitted, else 1.
 */
BRIDGE_EXPORT int bridge_call_within(bridge *b, uint64_t plugin, uint64_t id, const char *method, const uint8_t *request,
                                     uint64_t length, uint32_t budget_us, bridge_answer *result, uint8_t *out,
                                     uint64_t capacity);

/*
 * Gives up waiting for a job whose answer has not been drained. Returns 1 when the plugin had not been called yet
 * (it never will be; the handle has ended), 0 when EVENT_CALL_LATE will follow.
 */
BRIDGE_EXPORT int bridge_abandon(bridge *b, uint64_t job);

/* Moves as many events as fit into `buffer`; returns the bytes used, 0 when the queue is empty. */
BRIDGE_EXPORT uint64_t bridge_drain(bridge *b, uint8_t *buffer, uint64_t capacity);

/* Copies a large answer (its whole length) and ends the job. */
BRIDGE_EXPORT void bridge_take(bridge *b, uint64_t job, uint8_t *out);

/* Copies the request of a large host call. */
BRIDGE_EXPORT void bridge_take_request(bridge *b, uint64_t host_call, uint8_t *out);

/* Answers a host call: `code` 0 with the bytes of an envelope, or 1 without. To be called exactly once per handle. */
BRIDGE_EXPORT void bridge_reply(bridge *b, uint64_t host_call, int32_t code, const uint8_t *data, uint64_t length);

/*
 * Closes a plugin: no call is taken any more; when the running ones have returned, its shutdown function is called
 * once, on a pool thread, and EVENT_SHUT_DOWN follows with `id`. The library stays mapped: a Go library cannot be
 * unloaded. The handle has ended.
 */
BRIDGE_EXPORT void bridge_close(bridge *b, uint64_t plugin, uint64_t id);

/* Writes 4 numbers: pool threads, idle ones, jobs waiting for a thread, events not drained. */
BRIDGE_EXPORT void bridge_stats(bridge *b, uint64_t *numbers);

#endif
