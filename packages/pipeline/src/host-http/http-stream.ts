import type { BodyReceiver } from "./exchange.ts"

/** Bytes that one read gives at most, and that are read ahead. Source: plugin ABI, `host.http.stream_read`. */
export const BLOCK_BYTES = 32 * 1024

/** What one read gives. */
export type StreamPart =
  | { readonly _tag: "Data"; readonly payload: Buffer }
  /** The last part; `error` says why the stream failed, if it did. */
  | { readonly _tag: "Done"; readonly error?: string }

/** The body of a response on its way to a plugin that reads it block by block. */
export interface HttpStream extends BodyReceiver {
  /** Stops watching: the stream is no longer in use. */
  readonly letGo: () => void
  /**
   * Calls `give` once with the next part: at once or when there is one. With several readers each gets another part.
   * Gives a function that takes the wish back. After `Done` there is nothing more to read: `give` gets undefined.
   */
  readonly read: (give: (part: StreamPart | undefined) => void) => () => void
}

/** What a stream asks of the exchange behind it. */
export interface StreamSource {
  readonly pause: () => void
  readonly resume: () => void
  /** The plugin has read `Done`. */
  readonly onDone: () => void
  /** Something has been there to read for `abandonedMs`, and the plugin has not asked for it. */
  readonly onAbandoned: () => void
  readonly abandonedMs: number
}

/**
 * Makes a stream. It holds one block and the rest of the chunk that completed it; whoever sends more has to wait until
 * the plugin reads.
 */
export const makeHttpStream = (source: StreamSource): HttpStream => {
  const chunks: Array<Buffer> = []
  let size = 0
  let paused = false
  let end: StreamPart | undefined
  let done = false
  const readers = new Set<(part: StreamPart | undefined) => void>()
  let abandoned: ReturnType<typeof setTimeout> | undefined

  const take = (): Buffer => {
    const block: Array<Buffer> = []
    let taken = 0
    while (taken < BLOCK_BYTES) {
      const chunk = chunks.shift()
      if (chunk === undefined) break
      const fits = chunk.subarray(0, BLOCK_BYTES - taken)
      if (fits.length < chunk.length) chunks.unshift(chunk.subarray(fits.length))
      block.push(fits)
      taken += fits.length
    }
    size -= taken
    return block.length === 1 && block[0] !== undefined ? block[0] : Buffer.concat(block)
  }

  const next = (): StreamPart | undefined => (size > 0 ? { _tag: "Data", payload: take() } : end)

  const serve = (): void => {
    for (const give of readers) {
      const part = done ? undefined : next()
      if (part === undefined && !done) break
      readers.delete(give)
      if (part?._tag === "Done") {
        done = true
        source.onDone()
      }
      give(part)
    }
    // At last, because it may bring data at once.
    if (paused && size < BLOCK_BYTES) {
      paused = false
      source.resume()
    }
    watch()
  }

  /** Only the plugin's silence counts: while there is nothing to read, the one who sends may take any time. */
  const watch = (): void => {
    const unread = !done && readers.size === 0 && (size > 0 || end !== undefined)
    if (unread) abandoned ??= setTimeout(source.onAbandoned, source.abandonedMs).unref()
    else clearWatch()
  }

  const clearWatch = (): void => {
    clearTimeout(abandoned)
    abandoned = undefined
  }

  return {
    data: (chunk) => {
      if (chunk.length === 0) return
      chunks.push(chunk)
      size += chunk.length
      serve()
      if (size >= BLOCK_BYTES && !paused) {
        paused = true
        source.pause()
      }
    },
    end: () => {
      end ??= { _tag: "Done" }
      serve()
    },
    broken: (error) => {
      end ??= { _tag: "Done", error }
      serve()
    },
    letGo: clearWatch,
    read: (give) => {
      clearWatch()
      readers.add(give)
      serve()
      return () => {
        readers.delete(give)
      }
    }
  }
}
