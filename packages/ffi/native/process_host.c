/*
 * The plugin host process: one plugin in a process of its own, so that its crash is not ours, and a call that never
 * returns can be ended. The same pool, the same loader as in process; only what happened is written to a socket
 * instead of being queued for a JavaScript thread.
 *
 *   plugin-host LIBRARY MAX_THREADS EAGER_THREADS THREAD_IDLE_MS MAX_ANSWER      socket on descriptor 3
 *
 * Frames in both directions: the header below, the method's bytes, the payload's. Numbers in the machine's own order:
 * both ends are on one machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#endif

#include "internal.h"

enum { SOCKET = 3 };

/* Kinds of frames. Those of the child are the kinds of events in bridge.h. */
enum { FRAME_CALL = 101, FRAME_WITHDRAW = 102, FRAME_REPLY = 103, FRAME_CLOSE = 104 };

/* `status` of EVENT_CALL_LATE: the plugin had not been called yet, and never will be. */
enum { LATE_UNBEGUN = 1 };

typedef struct {
  uint32_t kind;
  uint32_t status;
  int32_t code;
  uint32_t method_length;
  uint64_t id; /* of the call; of a host call, which its reply names */
  uint64_t length;
} frame;

static pthread_mutex_t write_lock = PTHREAD_MUTEX_INITIALIZER;
/* The one plugin, from before the socket is read. Its table is good once it is open. */
static plugin *hosted;
static _Atomic bool hosted_open;

/*
 * What a thread did before it wrote a frame has been done for whoever reads the answer to that frame. The system sees to
 * it on the way through the gateway; this says so to the compiler and to sanitizers.
 */
static _Atomic uint64_t frames_written;

/* The gateway is gone, or does not speak our language: nobody is left to serve. */
static void leave(int code) { _exit(code); }

static void write_frame(frame h, const char *method, const void *payload) {
  struct iovec parts[3] = {{&h, sizeof h}, {(void *)(uintptr_t)method, h.method_length}, {(void *)(uintptr_t)payload, (size_t)h.length}};
  int first = 0;
  atomic_fetch_add(&frames_written, 1);
  pthread_mutex_lock(&write_lock);
  while (first < 3) {
    if (parts[first].iov_len == 0) {
      first++;
      continue;
    }
    struct msghdr message = {.msg_iov = parts + first, .msg_iovlen = (size_t)(3 - first)};
#ifdef MSG_NOSIGNAL
    ssize_t sent = sendmsg(SOCKET, &message, MSG_NOSIGNAL);
#else
    ssize_t sent = sendmsg(SOCKET, &message, 0);
#endif
    if (sent < 0) {
      if (errno == EINTR) continue;
      leave(0);
    }
    for (size_t left = (size_t)sent; left > 0;) {
      size_t taken = left < parts[first].iov_len ? left : parts[first].iov_len;
      parts[first].iov_base = (char *)parts[first].iov_base + taken;
      parts[first].iov_len -= taken;
      left -= taken;
      if (parts[first].iov_len == 0) first++;
    }
  }
  pthread_mutex_unlock(&write_lock);
}

/* The place of events.c: what happened goes out at once. */
bool events_start(bridge *b) { return pthread_mutex_init(&b->event_lock, NULL) == 0; }

void events_stop(bridge *b) { (void)b; }

void events_push(bridge *b, event *e) {
  (void)b;
  if (e->kind == EVENT_HOST_CALL) {
    host_call *h = (host_call *)e;
    frame out = {.kind = e->kind, .method_length = (uint32_t)strlen(h->method), .id = (uint64_t)(uintptr_t)h, .length = h->request_length};
    write_frame(out, h->method, h->request);
    return;
  }
  job *j = (job *)e;
  frame out = {.kind = e->kind, .status = j->status, .code = j->code, .id = j->id, .length = j->answer_length};
  bool over = e->kind == EVENT_SHUT_DOWN;
  write_frame(out, NULL, j->answer);
  job_free(j);
  if (over) leave(0);
}

/* What was read and not used yet: most frames are small, and often several have arrived. */
static char unread[64 * 1024];
static size_t unread_start, unread_end;

static size_t receive(void *into, size_t room) {
  for (;;) {
    ssize_t got = read(SOCKET, into, room);
    if (got > 0) return (size_t)got;
    if (got == 0 || errno != EINTR) leave(0);
  }
}

static void read_exactly(void *into, uint64_t length) {
  char *at = into;
  while (length > 0) {
    size_t kept = unread_end - unread_start;
    if (kept == 0 && length >= sizeof unread) {
      size_t got = receive(at, length > (1u << 30) ? (1u << 30) : (size_t)length);
      at += got;
      length -= got;
      continue;
    }
    if (kept == 0) {
      unread_start = 0;
      kept = unread_end = receive(unread, sizeof unread);
    }
    size_t taken = length < kept ? (size_t)length : kept;
    memcpy(at, unread + unread_start, taken);
    unread_start += taken;
    at += taken;
    length -= taken;
  }
}

static void serve(bridge *b) {
  bool closing = false;
  for (;;) {
    frame h;
    read_exactly(&h, sizeof h);
    (void)atomic_load(&frames_written);
    char *body = malloc(h.method_length + 1 + (size_t)h.length + 1);
    if (body == NULL) leave(1);
    read_exactly(body, h.method_length);
    body[h.method_length] = 0;
    uint8_t *payload = (uint8_t *)body + h.method_length + 1;
    read_exactly(payload, h.length);
    switch (h.kind) {
      case FRAME_CALL:
        if (!atomic_load(&hosted_open)) leave(2);
        if (bridge_submit(b, (uint64_t)(uintptr_t)hosted, h.id, body, payload, h.length) == 0) {
          write_frame((frame){.kind = EVENT_CALL_DONE, .status = ANSWER_NO_MEMORY, .id = h.id}, NULL, NULL);
        }
        break;
      case FRAME_WITHDRAW:
        if (pool_withdraw(b, h.id)) {
          write_frame((frame){.kind = EVENT_CALL_LATE, .status = LATE_UNBEGUN, .id = h.id}, NULL, NULL);
        }
        break;
      case FRAME_REPLY:
        bridge_reply(b, h.id, h.code, payload, h.length);
        break;
      case FRAME_CLOSE:
        /* A second one would have the plugin shut down twice. */
        if (!closing) bridge_close(b, (uint64_t)(uintptr_t)hosted, 0);
        closing = true;
        break;
      default:
        leave(2);
    }
    free(body);
  }
}

/* Loads the plugin and says how that ended; what cannot be loaded leaves nothing to serve. */
static void open_plugin(bridge *b, const char *path) {
  job *j = calloc(1, sizeof *j + strlen(path) + 1);
  if (j == NULL) leave(1);
  j->kind = JOB_OPEN;
  j->event.kind = EVENT_OPENED;
  strcpy(j->bytes, path);
  j->method = j->bytes;
  j->plugin = hosted;
  atomic_init(&j->state, JOB_DETACHED);
  plugin_run_open(j);
  bool opened = j->status == OPEN_OK;
  /* First: a call may follow as soon as the gateway has read of it. */
  atomic_store(&hosted_open, opened);
  events_push(b, &j->event);
  if (!opened) leave(0);
  plugin_let_go(b, hosted);
}

typedef struct {
  bridge *b;
  const char *path;
} opening;

static void *run_open(void *argument) {
  opening *o = argument;
  open_plugin(o->b, o->path);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: %s LIBRARY MAX_THREADS EAGER_THREADS THREAD_IDLE_MS MAX_ANSWER, with a socket on descriptor %d\n", argv[0], SOCKET);
    return 2;
  }
  /* A program that the plugin starts must neither write there nor keep the gateway waiting for the socket's end. */
  fcntl(SOCKET, F_SETFD, FD_CLOEXEC);
#ifdef __linux__
  /* Whatever ends the gateway ends its plugins. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  bridge *b = bridge_new((uint32_t)strtoul(argv[2], NULL, 10), (uint32_t)strtoul(argv[3], NULL, 10),
                         (uint32_t)strtoul(argv[4], NULL, 10), strtoull(argv[5], NULL, 10));
  if (b == NULL) return 1;
  hosted = plugin_new(b);
  if (hosted == NULL) return 1;
  /* Whoever closes it while it loads closes it when it is open. */
  plugin_keep(b, hosted);
  /* On a thread of its own: a library that loads slowly may call the host, whose answers are read here. */
  opening o = {b, argv[1]};
  pthread_t loader;
  if (pthread_create(&loader, NULL, run_open, &o) != 0) return 1;
  pthread_detach(loader);
  serve(b);
}
