import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"

import type { ClientRequest } from "../../src/gateway.ts"
import { rememberingResponses } from "../../src/response-memory/remembering.ts"
import {
  makeResponseMemory,
  type MemoryLimits,
  type ResponseMemory
} from "../../src/response-memory/response-memory.ts"
import { recordingSink } from "../recording-sink.ts"
import { hookedGateway } from "../request-life/hooked-gateway.ts"
import { completion, eventStream, streaming } from "../scripted-provider.ts"

const message = (id: string, text: string) => ({
  id,
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text }]
})
const answer = (id: string, ...output: ReadonlyArray<object>) => ({ id, object: "response", output })
const question = (content: string) => ({ role: "user", content })

/** A memory and its clock. */
const memoryAt = (limits: Partial<MemoryLimits> = {}) => {
  const clock = { now: 1000 }
  const memory = makeResponseMemory(() => clock.now)
  memory.setLimits({ maxBytes: 10_000, ttlMs: 60_000, ...limits })
  return { clock, memory }
}

describe("what a response refers to", () => {
  it("is put before its own input: all of the conversation, over several turns", () => {
    const { memory } = memoryAt()
    const first = { input: "one?" }
    memory.remember(first, answer("resp_1", message("msg_1", "one")), 100, "c")
    const second = Result.getOrThrow(
      memory.resolve({ model: "m", previous_response_id: "resp_1", input: [question("two?")] }, "c")
    )
    assert.deepStrictEqual(second, {
      model: "m",
      input: [question("one?"), message("msg_1", "one"), question("two?")]
    })
    memory.remember(second, answer("resp_2", message("msg_2", "two")), 100, "c")
    const third = Result.getOrThrow(memory.resolve({ previous_response_id: "resp_2", input: "three?" }, "c"))
    assert.deepStrictEqual(third["input"], [
      question("one?"),
      message("msg_1", "one"),
      question("two?"),
      message("msg_2", "two"),
      question("three?")
    ])
  })

  it("takes the place of references to items, which may leave out their type", () => {
    const { memory } = memoryAt()
    memory.remember({ input: [] }, answer("resp_1", message("msg_1", "one"), message("msg_2", "two")), 100, "c")
    const input = [question("?"), { type: "item_reference", id: "msg_2" }, { id: "msg_1" }, { id: "msg_9" }]
    assert.deepStrictEqual(Result.getOrThrow(memory.resolve({ input }, "c"))["input"], [
      question("?"),
      message("msg_2", "two"),
      message("msg_1", "one"),
      { id: "msg_9" }
    ])
  })

  it("takes the place of one reference to each item: a request cannot make many of one", () => {
    const { memory } = memoryAt()
    memory.remember({ input: [] }, answer("resp_1", message("msg_1", "one")), 100, "c")
    const input = [{ id: "msg_1" }, { id: "msg_1" }]
    assert.deepStrictEqual(Result.getOrThrow(memory.resolve({ input }, "c"))["input"], [
      message("msg_1", "one"),
      { id: "msg_1" }
    ])
  })

  it("is found by the same client alone", () => {
    const { memory } = memoryAt()
    memory.remember({ input: [] }, answer("resp_1", message("msg_1", "secret")), 100, "a")
    const input = [{ type: "item_reference", id: "msg_1" }]
    assert.deepStrictEqual(Result.getOrThrow(memory.resolve({ input }, "b"))["input"], input)
    const found = memory.resolve({ previous_response_id: "resp_1", input: "x" }, "b")
    assert.isTrue(Result.isFailure(found))
  })

  it("that is not there is refused as OpenAI does, and a request that refers to nothing is the same object", () => {
    const { memory } = memoryAt()
    const missing = memory.resolve({ previous_response_id: "resp_9", input: "x" }, "c")
    if (Result.isSuccess(missing)) assert.fail("found")
    assert.deepInclude(missing.failure, {
      status: 400,
      code: "previous_response_not_found",
      param: "previous_response_id"
    })
    const plain = { input: [question("x")], previous_response_id: null }
    assert.strictEqual(Result.getOrThrow(memory.resolve(plain, "c")), plain)
  })
})

describe("the memory", () => {
  it("forgets after its time", () => {
    const { clock, memory } = memoryAt({ ttlMs: 500 })
    memory.remember({ input: [] }, answer("resp_1"), 100, "c")
    clock.now += 499
    assert.isTrue(Result.isSuccess(memory.resolve({ previous_response_id: "resp_1" }, "c")))
    clock.now += 1
    assert.isTrue(Result.isFailure(memory.resolve({ previous_response_id: "resp_1" }, "c")))
    assert.strictEqual(memory.size(), 0)
  })

  it("never holds more than it may, and lets the longest unused go first", () => {
    const { memory } = memoryAt({ maxBytes: 250 })
    for (const id of ["resp_1", "resp_2"]) memory.remember({ input: [] }, answer(id), 100, "c")
    assert.isTrue(Result.isSuccess(memory.resolve({ previous_response_id: "resp_1" }, "c")))
    memory.remember({ input: [] }, answer("resp_3"), 100, "c")
    const known = ["resp_1", "resp_2", "resp_3"].map((id) =>
      Result.isSuccess(memory.resolve({ previous_response_id: id }, "c"))
    )
    assert.deepStrictEqual(known, [true, false, true])
    assert.strictEqual(memory.size(), 200)
    memory.setLimits({ maxBytes: 0, ttlMs: 1 })
    assert.strictEqual(memory.size(), 0)
    memory.remember({ input: [] }, answer("resp_4"), 1, "c")
    assert.strictEqual(memory.size(), 0)
  })
})

/** Whether an item is put in place of its name. */
const isKnown = (memory: ResponseMemory, id: string): boolean => {
  const named = { id }
  const { input } = Result.getOrThrow(memory.resolve({ input: [named] }, "c"))
  return Array.isArray(input) && input[0] !== named
}

describe("the items of an answer", () => {
  it("go with it, however often they were named", () => {
    const { memory } = memoryAt({ maxBytes: 250 })
    const ids = Array.from({ length: 50 }, (_, index) => `msg_${index}`)
    for (const [index, id] of ids.entries()) {
      memory.remember({ input: [] }, answer(`resp_${index}`, message(id, "text")), 100, "c")
      memory.resolve({ input: ids.slice(0, index).map((named) => ({ id: named })) }, "c")
    }
    assert.strictEqual(memory.size(), 200)
    assert.strictEqual(ids.filter((id) => isKnown(memory, id)).length, 2)
  })

  it("keep it in use when they are named", () => {
    const { memory } = memoryAt({ maxBytes: 250 })
    for (const id of ["1", "2"])
      memory.remember({ input: [] }, answer(`resp_${id}`, message(`msg_${id}`, id)), 100, "c")
    assert.isTrue(isKnown(memory, "msg_1"))
    memory.remember({ input: [] }, answer("resp_3"), 100, "c")
    assert.deepStrictEqual([isKnown(memory, "msg_1"), isKnown(memory, "msg_2")], [true, false])
  })

  it("are those of the latest answer that brought one of the ID", () => {
    const { memory } = memoryAt({ maxBytes: 250 })
    for (const id of ["1", "2", "3"]) memory.remember({ input: [] }, answer(`resp_${id}`, message("msg", id)), 100, "c")
    const input = [{ id: "msg" }]
    assert.deepStrictEqual(Result.getOrThrow(memory.resolve({ input }, "c"))["input"], [message("msg", "3")])
  })
})

const request = (json: Record<string, unknown>, more: Partial<ClientRequest> = {}): ClientRequest => ({
  id: "r",
  path: "/v1/responses",
  protocol: "openai-response",
  headers: {},
  body: Buffer.from(JSON.stringify(json)),
  json,
  ...more
})

const served = (type: string, ...writes: ReadonlyArray<string>) => {
  const seen: Array<ClientRequest> = []
  const { memory } = memoryAt()
  const serve = rememberingResponses(memory, (given, sink) =>
    Effect.sync(() => {
      seen.push(given)
      sink.start(200, { "content-type": type })
      for (const write of writes) sink.write(Buffer.from(write))
      sink.end()
    })
  )
  return { seen, serve }
}

describe("serving with a memory", () => {
  const last = answer("resp_1", message("msg_1", "größer"))
  const event = `event: response.completed\ndata: ${JSON.stringify({ type: "response.completed", response: last })}\n\n`

  for (const [name, type, writes] of [
    ["a whole answer", "application/json", [JSON.stringify(last)]],
    [
      "a stream, wherever it is cut",
      "text/event-stream",
      ["event: x\ndata: {}\n\n", event.slice(0, 40), event.slice(40)]
    ]
  ] as const) {
    it.effect(`goes on after ${name}, whose bytes pass untouched`, () =>
      Effect.gen(function* () {
        const { seen, serve } = served(type, ...writes)
        const sink = recordingSink()
        yield* serve(request({ input: "one?" }), sink)
        assert.strictEqual(sink.text(), writes.join(""))
        yield* serve(request({ input: "two?", previous_response_id: "resp_1" }), recordingSink())
        const input = [question("one?"), message("msg_1", "größer"), question("two?")]
        assert.deepStrictEqual(seen[1]?.json, { input })
        assert.deepStrictEqual(JSON.parse(Buffer.from(seen[1]?.body ?? []).toString()), { input })
      })
    )
  }

  it.live("names the earlier answer in the next one, whole and streamed", () =>
    Effect.gen(function* () {
      const { gateway, upstream } = yield* hookedGateway({})
      upstream.script.set("key-a", [completion("one"), completion("two"), streaming([eventStream(["three"])])])
      const ask = Effect.fnUntraced(function* (json: Record<string, unknown>) {
        const sink = recordingSink()
        yield* gateway.generate(request({ model: "m", ...json }), sink)
        return sink.text()
      })
      const first = JSON.parse(yield* ask({ input: "one?" }))
      assert.isNull(first.previous_response_id)
      const second = JSON.parse(yield* ask({ input: "two?", previous_response_id: first.id }))
      assert.strictEqual(second.previous_response_id, first.id)
      const third = yield* ask({ input: "three?", previous_response_id: second.id, stream: true })
      const named = [...third.matchAll(/"previous_response_id":("[^"]*"|null)/g)].map(([, id]) => id)
      assert.isAbove(named.length, 1)
      assert.deepStrictEqual([...new Set(named)], [JSON.stringify(second.id)])
    })
  )

  it.effect("keeps nothing of a request that says so, and nothing of other protocols", () =>
    Effect.gen(function* () {
      const { serve } = served("application/json", JSON.stringify(last))
      yield* serve(request({ input: "one?", store: false }), recordingSink())
      yield* serve(request({ input: "one?" }, { protocol: "openai" }), recordingSink())
      const refused = yield* Effect.flip(serve(request({ previous_response_id: "resp_1" }), recordingSink()))
      assert.strictEqual(refused._tag, "InvalidRequest")
    })
  )
})
