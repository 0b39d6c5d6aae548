const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Follows the bytes of an event stream and knows whether they end where an event ends. */
export interface EventBoundary {
  readonly push: (chunk: Uint8Array) => void
  /** What has to be sent before a new event can begin: nothing, or the rest of a blank line. */
  readonly missing: () => "" | "\n" | "\n\n"
}

/**
 * Events end at a blank line, and a line at LF, CR or CRLF (WHATWG HTML, "Server-sent events"). Only the last four bytes
 * can tell, so that this costs the same for a chunk of any size.
 */
export const makeEventBoundary = (): EventBoundary => {
  // The stream's start counts as the end of an event.
  let tail: ReadonlyArray<number> = [lineFeed, lineFeed]

  const push = (chunk: Uint8Array) => {
    const length = chunk.length
    if (length === 0) return
    if (length >= 4) {
      tail = [chunk[length - 4]!, chunk[length - 3]!, chunk[length - 2]!, chunk[length - 1]!]
    } else tail = [...tail, ...chunk].slice(-4)
  }

  /** How many line ends stand at the very end, at most two. */
  const lineEnds = (): number => {
    let count = 0
    let index = tail.length - 1
    while (index >= 0 && count < 2) {
      const byte = tail[index]
      if (byte === lineFeed) index -= tail[index - 1] === carriageReturn ? 2 : 1
      else if (byte === carriageReturn) index -= 1
      else break
      count += 1
    }
    return count
  }

  return {
    push,
    missing: () => {
      const count = lineEnds()
      return count >= 2 ? "" : count === 1 ? "\n" : "\n\n"
    }
  }
}
