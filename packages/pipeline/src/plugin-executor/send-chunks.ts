import { PluginCrashed } from "@cliproxy/abi"
import { Effect, Option } from "effect"

import { type AttemptFailure, ExecutorRefused, ProviderBroke } from "../failover/attempt-failure.ts"
import type { AttemptSink } from "../provider/attempt-sink.ts"
import type { HeaderFields } from "../request-life/header-fields.ts"
import type { StreamEndWatcher } from "../provider/stream-end.ts"
import { EVENT_STREAM } from "../wire/event-stream.ts"
import type { ChunkFraming } from "./chunk-framing.ts"
import { goneBefore, type StreamItem } from "./executor-streams.ts"
import type { StreamOpening } from "./stream-opening.ts"
import type { TranslatedResponse } from "./translation.ts"

/** A plugin's stream on its way to a client. */
export interface ChunkDelivery {
  /** Waits for the next item. */
  readonly take: Effect.Effect<StreamItem>
  readonly framing: ChunkFraming
  /** Sees what the client gets, to know whether the answer is whole; `undefined` where nobody can tell. */
  readonly watcher: StreamEndWatcher | undefined
  /** Knows when the answer itself begins. */
  readonly opening: StreamOpening
  /** What the chunks become in the client's protocol. */
  readonly translated: TranslatedResponse
  readonly sink: AttemptSink
  /** What the upstream answered with. */
  readonly headers: HeaderFields
  /** Longest wait for an item in milliseconds. */
  readonly idleMs: number
  /** Whether whoever fills the stream is still there. Asked now and then while nothing comes. */
  readonly alive: Effect.Effect<boolean>
  /** ID of the plugin, for errors. */
  readonly plugin: string
}

/**
 * Passes a stream on until it ends. What comes before the answer itself is held, so that an error until then is a failed
 * attempt; one after it ends the client's stream. The end of the plugin's process is an error as well, unless the model
 * had said its last word. While the client is slow no item is taken, so that the plugin has to wait as well.
 */
export const sendChunks = Effect.fnUntraced(function* (delivery: ChunkDelivery) {
  const { framing, headers, opening, plugin, sink, translated, watcher } = delivery
  /** Frames that the client does not have yet; `undefined` once it has got one. */
  let held: Array<Buffer> | undefined = []
  const pass = (bytes: Buffer): Effect.Effect<void> => (sink.write(bytes) ? Effect.void : writable(sink))
  const release = (): Effect.Effect<void> => {
    const frames = held ?? []
    held = undefined
    sink.start(200, { "content-type": EVENT_STREAM }, { kind: "stream", headers })
    return Effect.forEach(frames, pass, { discard: true })
  }
  const write = (bytes: Buffer): Effect.Effect<void, AttemptFailure> => {
    watcher?.see(bytes)
    if (held === undefined) return pass(bytes)
    held.push(bytes)
    const state = opening.see(bytes)
    if (state._tag === "Broken") return Effect.fail(refused(plugin, state.message, state.status))
    return state._tag === "Begun" ? release() : Effect.void
  }
  const next = takeWatched(delivery)

  for (;;) {
    const item = yield* next
    if (item._tag === "Failed") {
      const begun = held === undefined
      if (item.gone !== true) return yield* Effect.fail(failure(plugin, item.message, begun))
      if (watcher?.finished() !== true) {
        if (!begun) return yield* new PluginCrashed({ plugin, method: METHOD, ending: "before its answer began" })
        return yield* Effect.fail(failure(plugin, item.message, begun))
      }
    }
    const ended = item._tag !== "Chunk"
    for (const chunk of yield* ended ? translated.end : translated.push(item.payload)) {
      const bytes = framing.frame(chunk)
      if (bytes !== undefined) yield* write(bytes)
    }
    if (ended) break
  }
  if (held !== undefined) yield* release()
  if (framing.end !== undefined) yield* pass(framing.end)
  sink.end()
})

const writable = (sink: AttemptSink): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    sink.onWritable(() => resume(Effect.void))
  })

/** How often it is looked whether a silent plugin is still there, in milliseconds. */
const LOOK_MS = 1_000

/** The next item; a failure when the plugin has gone, or says nothing for too long. */
const takeWatched = ({ alive, idleMs, plugin, take }: ChunkDelivery): Effect.Effect<StreamItem> =>
  Effect.gen(function* () {
    for (let silentMs = 0; silentMs < idleMs; silentMs += LOOK_MS) {
      const item = yield* Effect.timeoutOption(take, Math.min(LOOK_MS, idleMs - silentMs))
      if (Option.isSome(item)) return item.value
      if (!(yield* alive)) return goneBefore(plugin)
    }
    return failed(`plugin ${plugin} sent nothing for ${idleMs} ms`)
  })

/** The method that a stream comes from. */
const METHOD = "executor.execute_stream"

const failed = (message: string): StreamItem => ({ _tag: "Failed", message })

const failure = (plugin: string, message: string, midStream: boolean): AttemptFailure =>
  midStream ? new ProviderBroke({ message, midStream, answered: true }) : refused(plugin, message)

const refused = (plugin: string, message: string, status?: number): ExecutorRefused =>
  new ExecutorRefused({ plugin, message, ...(status === undefined ? {} : { status }) })
