import { hostStreamClose, hostStreamEmit, trimSpace } from "@cliproxy/abi"
import { Effect } from "effect"

import { HostCallFailed, type HostCaller, type HostMethods, serving } from "../plugin-host/host-calls.ts"

/** What comes out of a stream. After `Failed` and `Ended` nothing else does. */
export type StreamItem =
  | { readonly _tag: "Chunk"; readonly payload: Uint8Array }
  /** `gone`: the plugin's process has ended; else the plugin says so itself. */
  | { readonly _tag: "Failed"; readonly message: string; readonly gone?: boolean }
  | { readonly _tag: "Ended" }

/** A stream that a plugin fills, in the hands of the one who reads it. */
export interface ExecutorStream {
  /** What the plugin gets as `stream_id`. */
  readonly id: string
  /** Waits for the next item. One reader at a time. */
  readonly take: Effect.Effect<StreamItem>
  /** Throws away what is queued: from now on the plugin's emits fail. Must be called in the end, also after the last item. */
  readonly abort: () => void
}

/** Streams that plugins fill through `host.stream.emit` and `host.stream.close`. */
export interface ExecutorStreams {
  /** Opens a stream that only this plugin may write to. */
  readonly open: (plugin: string) => ExecutorStream
  /** The two host methods. */
  readonly methods: HostMethods
  /** How many streams are open. */
  readonly size: () => number
}

/** The end of a stream whose plugin has ended. */
export const goneBefore = (plugin: string): StreamItem => ({
  _tag: "Failed",
  message: `plugin ${plugin} ended before its stream did`,
  gone: true
})

/** Chunks that wait in a stream; one more makes its plugin wait. Source: plugin ABI, executor streams. */
const QUEUE_LIMIT = 16

/** An emit that waits for room. */
interface Waiter {
  readonly item: StreamItem
  /** `false`: the stream was closed or aborted meanwhile. */
  readonly resume: (accepted: boolean) => void
}

/** The state of one stream: open, closing once `last` is set, and gone when it is no longer in the map. */
interface OpenStream {
  readonly plugin: string
  readonly queue: Array<StreamItem>
  readonly waiters: Set<Waiter>
  /** The reader, while it waits for an item. */
  taker: ((item: StreamItem) => void) | undefined
  /** What comes after the queue. */
  last: StreamItem | undefined
  /** Takes back what watches for the end of the connection that the chunks come over. */
  unwatch: (() => void) | undefined
}

/** Makes a registry of streams. IDs count up from 1 and are never used again. */
export const makeExecutorStreams = (): ExecutorStreams => {
  const streams = new Map<string, OpenStream>()
  let lastId = 0

  /** A plugin that names another one's stream learns nothing about it. */
  const find = (id: string, { plugin }: HostCaller): OpenStream | undefined => {
    const stream = streams.get(id)
    return stream?.plugin === plugin ? stream : undefined
  }

  const turnAwayWaiters = ({ waiters }: OpenStream): void => {
    const turnedAway = [...waiters]
    waiters.clear()
    for (const { resume } of turnedAway) resume(false)
  }

  const forget = (id: string, stream: OpenStream): void => {
    streams.delete(id)
    stream.unwatch?.()
    stream.unwatch = undefined
  }

  const close = (stream: OpenStream, last: StreamItem): void => {
    if (stream.last !== undefined) return
    stream.last = last
    turnAwayWaiters(stream)
    const { taker } = stream
    stream.taker = undefined
    taker?.(stream.last)
  }

  /** The stream of a plugin that has ended gets no end of its own. */
  const watch = (stream: OpenStream, { onEnd, plugin }: HostCaller): void => {
    stream.unwatch ??= onEnd(() => close(stream, goneBefore(plugin)))
  }

  const emit = (id: string, item: StreamItem, caller: HostCaller): Effect.Effect<boolean> =>
    Effect.callback<boolean>((resume) => {
      const stream = find(id, caller)
      if (stream === undefined || stream.last !== undefined) return resume(Effect.succeed(false))
      watch(stream, caller)
      const { queue, taker, waiters } = stream
      if (taker !== undefined) {
        stream.taker = undefined
        taker(item)
      } else if (queue.length < QUEUE_LIMIT) {
        queue.push(item)
      } else {
        const waiter: Waiter = { item, resume: (accepted) => resume(Effect.succeed(accepted)) }
        waiters.add(waiter)
        return Effect.sync(() => waiters.delete(waiter))
      }
      return resume(Effect.succeed(true))
    })

  const take = (stream: OpenStream): Effect.Effect<StreamItem> =>
    Effect.callback<StreamItem>((resume) => {
      const { queue, waiters } = stream
      const item = queue.shift()
      if (item !== undefined) {
        const [waiter] = waiters
        if (waiter !== undefined) {
          waiters.delete(waiter)
          queue.push(waiter.item)
          waiter.resume(true)
        }
        return resume(Effect.succeed(item))
      }
      if (stream.last !== undefined) return resume(Effect.succeed(stream.last))
      stream.taker = (next) => resume(Effect.succeed(next))
      return Effect.sync(() => {
        stream.taker = undefined
      })
    })

  return {
    open: (plugin) => {
      const id = String(++lastId)
      const stream: OpenStream = {
        plugin,
        queue: [],
        waiters: new Set(),
        taker: undefined,
        last: undefined,
        unwatch: undefined
      }
      streams.set(id, stream)
      return {
        id,
        take: take(stream),
        abort: () => {
          forget(id, stream)
          stream.queue.length = 0
          close(stream, { _tag: "Ended" })
        }
      }
    },
    methods: {
      "host.stream.emit": serving(hostStreamEmit, (request, caller) => {
        const id = trimSpace(request.stream_id)
        if (id === "") return Effect.fail(new HostCallFailed({ message: "stream id is required" }))
        const item: StreamItem =
          request.error === ""
            ? { _tag: "Chunk", payload: request.payload }
            : { _tag: "Failed", message: request.error }
        return Effect.flatMap(emit(id, item, caller), (accepted) =>
          accepted ? Effect.succeed({}) : Effect.fail(new HostCallFailed({ message: `stream ${id} is not open` }))
        )
      }),
      "host.stream.close": serving(hostStreamClose, (request, caller) =>
        Effect.sync(() => {
          const stream = find(trimSpace(request.stream_id), caller)
          const last: StreamItem = request.error === "" ? { _tag: "Ended" } : { _tag: "Failed", message: request.error }
          if (stream !== undefined) close(stream, last)
          return {}
        })
      )
    },
    size: () => streams.size
  }
}
