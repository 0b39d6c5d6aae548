/* Copies memory that a plugin named, without trusting the name. */
#ifdef __linux__
#define _GNU_SOURCE
#include <sys/uio.h>
#include <unistd.h>
#endif

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/*
 * A plugin that answers with a wrong pointer or length must not take the process down. On Linux the kernel copies
 * within our own process and says EFAULT where memcpy would fault. Where that call is forbidden (some sandboxes) or
 * does not exist, a plain copy has to do.
 */
#ifdef __linux__
static _Atomic bool kernel_copy_forbidden;

static bool copy_checked(uint8_t *to, const void *from, uint64_t length) {
  uint64_t done = 0;
  while (done < length) {
    struct iovec local = {to + done, (size_t)(length - done)};
    struct iovec remote = {(char *)(uintptr_t)from + done, (size_t)(length - done)};
    ssize_t copied = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
    if (copied > 0) {
      done += (uint64_t)copied;
      continue;
    }
    if (copied < 0 && (errno == EPERM || errno == ENOSYS)) {
      atomic_store(&kernel_copy_forbidden, true);
      memcpy(to + done, (const char *)from + done, (size_t)(length - done));
      return true;
    }
    return false;
  }
  return true;
}
#endif

/* Sets *copy to a malloc'd copy (NULL when empty) and returns an ANSWER_ status. */
uint32_t copy_foreign(const void *from, uint64_t length, uint64_t limit, uint8_t **copy) {
  *copy = NULL;
  if (length == 0) return ANSWER_OK;
  if (from == NULL) return ANSWER_NULL_WITH_LENGTH;
  if (length > limit) return ANSWER_TOO_LONG;
  uint8_t *bytes = malloc((size_t)length);
  if (bytes == NULL) return ANSWER_NO_MEMORY;
#ifdef __linux__
  if (!atomic_load(&kernel_copy_forbidden)) {
    if (!copy_checked(bytes, from, length)) {
      free(bytes);
      return ANSWER_UNREADABLE;
    }
    *copy = bytes;
    return ANSWER_OK;
  }
#endif
  memcpy(bytes, from, (size_t)length);
  *copy = bytes;
  return ANSWER_OK;
}
