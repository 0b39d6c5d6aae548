/**
 * Where an answer goes, as the data path sees it: plain calls, no promise per chunk.
 * The server puts an HTTP response behind it.
 */
export interface ResponseSink {
  /** Sends status and headers. Called at most once, right before the first byte. */
  readonly start: (status: number, headers: Readonly<Record<string, string>>) => void
  /** Sends bytes. `false` means: stop until the function given to `onWritable` is called. */
  readonly write: (chunk: Uint8Array) => boolean
  /** Registers what to call, once, when bytes are wanted again. */
  readonly onWritable: (resume: () => void) => void
  /** Ends the answer. Nothing is sent afterwards. */
  readonly end: () => void
  /** Whether `start` was called: from then on another credential can no longer be tried. */
  readonly started: () => boolean
}
