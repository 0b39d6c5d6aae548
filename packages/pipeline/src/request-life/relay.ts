import { Effect } from "effect"

import type { AttemptSink, UpstreamHead } from "../provider/attempt-sink.ts"

/** The head of an answer as an executor started it. */
export interface RelayedHead extends UpstreamHead {
  readonly status: number
  /** For the client. */
  readonly clientHeaders: Readonly<Record<string, string>>
}

/** Where an executor writes an answer that plugins are to see before the client. */
export interface Relay {
  /** For the executor. It is told to wait while what it wrote last has not been taken. */
  readonly sink: AttemptSink
  /** The head; `undefined` while there is none. Set when `take` gives the first bytes. */
  readonly head: () => RelayedHead | undefined
  /** Waits for bytes; `undefined` when no more come. */
  readonly take: Effect.Effect<Buffer | undefined>
  /** Whether the executor ended the answer, so that it is whole. */
  readonly whole: () => boolean
  /** No more bytes come, whether the answer is whole or not. */
  readonly close: () => void
}

/** Makes a relay for one attempt. It holds about as much as an executor writes at once. */
export const makeRelay = (): Relay => {
  const queue: Array<Buffer> = []
  let head: RelayedHead | undefined
  let ended = false
  let closed = false
  let taker: ((bytes: Buffer | undefined) => void) | undefined
  let resumeWriter: (() => void) | undefined

  const close = (): void => {
    closed = true
    const take = taker
    taker = undefined
    take?.(undefined)
  }

  return {
    sink: {
      start: (status, clientHeaders, upstream) => {
        head = { ...upstream, status, clientHeaders }
      },
      write: (chunk) => {
        const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
        const take = taker
        taker = undefined
        if (take === undefined) queue.push(bytes)
        else take(bytes)
        return false
      },
      onWritable: (resume) => {
        // A taker that waits is how more is wanted.
        if (taker !== undefined) process.nextTick(resume)
        else resumeWriter = resume
      },
      end: () => {
        ended = true
        close()
      }
    },
    head: () => head,
    take: Effect.callback<Buffer | undefined>((resume) => {
      const bytes = queue.shift()
      if (bytes !== undefined) return resume(Effect.succeed(bytes))
      if (closed) return resume(Effect.succeed(undefined))
      taker = (next) => resume(Effect.succeed(next))
      const wake = resumeWriter
      resumeWriter = undefined
      wake?.()
      return Effect.sync(() => {
        taker = undefined
      })
    }),
    whole: () => ended,
    close
  }
}
