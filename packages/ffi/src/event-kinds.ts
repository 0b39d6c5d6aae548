/** Kinds of events, which are also those of a plugin process's frames: native/bridge.h. */

/** A call has its answer. */
export const callDone = 1
/** A call that was given up has returned. */
export const callLate = 2
/** A plugin calls the host and waits. */
export const hostCall = 3
/** Opening a library has ended. */
export const opened = 4
/** A plugin has been shut down. */
export const shutDown = 5
