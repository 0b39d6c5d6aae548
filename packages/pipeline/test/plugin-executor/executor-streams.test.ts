import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import { makeExecutorStreams, type StreamItem } from "../../src/plugin-executor/executor-streams.ts"
import { base64, scriptedPlugins } from "./scripted-plugins.ts"

const setup = () => {
  const streams = makeExecutorStreams()
  const connect = scriptedPlugins().hostCalls(streams.methods)
  const plugin = connect("p")
  const emit = (id: string, chunk: string, error = "") =>
    plugin.call("host.stream.emit", { stream_id: id, payload: base64(chunk), error })
  const close = (id: string, error = "") => plugin.call("host.stream.close", { stream_id: id, error })
  return { streams, connect, plugin, emit, close }
}

const show = (item: StreamItem): string =>
  item._tag === "Chunk" ? Buffer.from(item.payload).toString() : item._tag === "Failed" ? `! ${item.message}` : "end"

/** Everything that comes out until the end. */
const drain = Effect.fnUntraced(function* (take: Effect.Effect<StreamItem>) {
  const items: Array<string> = []
  for (;;) {
    const item = yield* take
    items.push(show(item))
    if (item._tag !== "Chunk") return items
  }
})

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1))

describe("a stream that a plugin fills", () => {
  it.effect("gives the chunks in their order, and then its end (139)", () =>
    Effect.gen(function* () {
      const { close, emit, streams } = setup()
      const stream = streams.open("p")
      const reader = yield* Effect.forkChild(drain(stream.take))
      for (const chunk of ["a", "b"]) assert.deepStrictEqual(yield* emit(stream.id, chunk), {})
      yield* Effect.yieldNow
      for (const chunk of ["c", "d"]) assert.deepStrictEqual(yield* emit(stream.id, chunk), {})
      assert.deepStrictEqual(yield* close(stream.id), {})
      assert.deepStrictEqual(yield* Fiber.join(reader), ["a", "b", "c", "d", "end"])
    })
  )

  it.effect("takes 16 chunks while nobody reads, and makes the seventeenth wait (140)", () =>
    Effect.gen(function* () {
      const { close, emit, streams } = setup()
      const stream = streams.open("p")
      for (const chunk of numbers(16)) assert.deepStrictEqual(yield* emit(stream.id, chunk), {})
      const seventeenth = yield* Effect.forkChild(emit(stream.id, "17"))
      const eighteenth = yield* Effect.forkChild(emit(stream.id, "18"))
      yield* Effect.yieldNow
      assert.strictEqual(seventeenth.pollUnsafe(), undefined)

      assert.strictEqual(show(yield* stream.take), "1")
      assert.deepStrictEqual(yield* Fiber.join(seventeenth), {})
      assert.strictEqual(eighteenth.pollUnsafe(), undefined)
      assert.strictEqual(show(yield* stream.take), "2")
      assert.deepStrictEqual(yield* Fiber.join(eighteenth), {})
      yield* close(stream.id)
      assert.deepStrictEqual(yield* drain(stream.take), [...numbers(18).slice(2), "end"])
    })
  )

  it.effect("delivers what is queued and then the error of its close, also when it is full (141, 142)", () =>
    Effect.gen(function* () {
      const { close, emit, streams } = setup()
      const stream = streams.open("p")
      for (const chunk of numbers(16)) yield* emit(stream.id, chunk)
      const blocked = yield* Effect.forkChild(emit(stream.id, "17"))
      yield* Effect.yieldNow
      assert.deepStrictEqual(yield* close(stream.id, "upstream reset"), {})
      assert.strictEqual(yield* Fiber.join(blocked), `stream ${stream.id} is not open`)
      assert.deepStrictEqual(yield* drain(stream.take), [...numbers(16), "! upstream reset"])
    })
  )

  it.effect("refuses chunks once it is closed, and any number of closes is fine (143)", () =>
    Effect.gen(function* () {
      const { close, emit, streams } = setup()
      const stream = streams.open("p")
      yield* close(stream.id)
      assert.strictEqual(yield* emit(stream.id, "late"), `stream ${stream.id} is not open`)
      assert.deepStrictEqual(yield* close(stream.id, "again"), {})
      assert.deepStrictEqual(yield* drain(stream.take), ["end"])
      assert.strictEqual(yield* emit("99", "x"), "stream 99 is not open")
      assert.strictEqual(yield* emit(" ", "x"), "stream id is required")
      assert.deepStrictEqual(yield* close("99"), {})
      assert.deepStrictEqual(yield* close(""), {})
    })
  )

  it.effect("wakes emits that wait when it is aborted, and forgets what was queued (144)", () =>
    Effect.gen(function* () {
      const { close, emit, streams } = setup()
      const stream = streams.open("p")
      for (const chunk of numbers(16)) yield* emit(stream.id, chunk)
      const blocked = yield* Effect.forkChild(emit(stream.id, "17"))
      yield* Effect.yieldNow
      stream.abort()
      assert.strictEqual(yield* Fiber.join(blocked), `stream ${stream.id} is not open`)
      assert.strictEqual(yield* emit(stream.id, "18"), `stream ${stream.id} is not open`)
      assert.deepStrictEqual(yield* close(stream.id), {})
      assert.strictEqual(streams.size(), 0)
    })
  )

  it.effect("passes an error chunk on in its place, and stays open behind it", () =>
    Effect.gen(function* () {
      const { emit, streams } = setup()
      const stream = streams.open("p")
      yield* emit(stream.id, "a")
      yield* emit(stream.id, "ignored", "it broke")
      assert.deepStrictEqual(yield* emit(stream.id, "b"), {})
      assert.deepStrictEqual(yield* drain(stream.take), ["a", "! it broke"])
    })
  )

  it.effect("is nobody's but its plugin's", () =>
    Effect.gen(function* () {
      const { connect, streams } = setup()
      const stream = streams.open("p")
      const other = connect("q")
      assert.strictEqual(
        yield* other.call("host.stream.emit", { stream_id: stream.id, payload: base64("x") }),
        `stream ${stream.id} is not open`
      )
      yield* other.call("host.stream.close", { stream_id: stream.id })
      yield* connect("p").call("host.stream.emit", { stream_id: stream.id, payload: base64("mine") })
      assert.strictEqual(show(yield* stream.take), "mine")
    })
  )

  it.effect("fails when the plugin ends in the middle, after what it had sent", () =>
    Effect.gen(function* () {
      const { emit, plugin, streams } = setup()
      const stream = streams.open("p")
      yield* emit(stream.id, "a")
      plugin.end()
      assert.deepStrictEqual(yield* drain(stream.take), ["a", "! plugin p ended before its stream did"])
    })
  )

  it.effect("gives up its place in the queue with an emit that is interrupted", () =>
    Effect.gen(function* () {
      const { close, emit, streams } = setup()
      const stream = streams.open("p")
      for (const chunk of numbers(16)) yield* emit(stream.id, chunk)
      const blocked = yield* Effect.forkChild(emit(stream.id, "17"))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(blocked)
      yield* close(stream.id)
      assert.deepStrictEqual(yield* drain(stream.take), [...numbers(16), "end"])
    })
  )
})
