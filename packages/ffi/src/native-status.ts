/** What the native half says of how something ended: native/bridge.h, and native/process_host.c for the last one. */

/** `OPEN_`: how opening a library ended. */
export const openStatus = {
  ok: 0,
  notALibrary: 1,
  symbolMissing: 2,
  initRefused: 3,
  abiUnsupported: 4,
  tableIncomplete: 5,
  alreadyOpen: 6,
  noThread: 7
} as const

/** Bits of the code that comes with `tableIncomplete`: functions that are missing. */
export const missingFunction = { call: 1, freeBuffer: 2 } as const

/** `ANSWER_`: what was wrong with the buffer of an answer. */
export const answerStatus = {
  ok: 0,
  nullWithLength: 1,
  tooLong: 2,
  unreadable: 3,
  noMemory: 4,
  noThread: 5
} as const

/** `LATE_`: a call that was given up in a plugin's own process had not begun, and never will. */
export const lateUnbegun = 1
