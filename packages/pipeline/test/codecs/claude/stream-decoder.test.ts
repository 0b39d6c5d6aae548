import { assert, describe, it } from "@effect/vitest"

import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { claudeProvider } from "../../../src/codecs/claude/codec.ts"
import { contextOf, decoded, eventsOf, jsonOf } from "./context.ts"
import { stream } from "./fixture-files.ts"

const event = (type: string, fields: object = {}): string => JSON.stringify({ type, ...fields })

const START = event("message_start", {
  message: { id: "msg_1", model: "m", usage: { input_tokens: 5, output_tokens: 1 } }
})
const started = (index: number, content_block: object) => event("content_block_start", { index, content_block })
const delta = (index: number, fields: object) => event("content_block_delta", { index, delta: fields })
const text = (index: number, words: string) => delta(index, { type: "text_delta", text: words })
const json = (index: number, partial_json: string) => delta(index, { type: "input_json_delta", partial_json })
const stopped = (index: number) => event("content_block_stop", { index })
const reason = (stop_reason: string, usage?: object) => event("message_delta", { delta: { stop_reason }, usage })
const STOP = event("message_stop")

const TEXT = { type: "text", text: "" }
const call = (id: string, input: object = {}) => ({ type: "tool_use", id, name: "look", input })

const words = (events: ReadonlyArray<StreamEvent>) =>
  events.flatMap((each) => (each.type === "text" ? [each.text] : each.type === "arguments" ? [each.json] : []))

const types = (events: ReadonlyArray<StreamEvent>) => events.map(({ type }) => type)

const CUT = {
  type: "error",
  error: {
    status: 502,
    message: "The provider ended the stream before the answer was whole.",
    type: null,
    code: null
  }
} as const

describe("the end of a stream", () => {
  it("is an error when the answer was not whole", () => {
    const whole = eventsOf(stream("text"))
    const lastWord = whole.findIndex((data) => data.includes("message_delta"))
    for (let length = 0; length <= lastWord; length++) {
      assert.deepStrictEqual(decoded(whole.slice(0, length)).at(-1), CUT, `after ${length} events`)
    }
  })

  it("is whole once the reason to stop is known, with and without message_stop", () => {
    const events = [START, started(0, TEXT), text(0, "Hi."), reason("end_turn")]
    const expected = decoded([...events, stopped(0), STOP])
    assert.deepStrictEqual(types(decoded(events)), types(expected))
    assert.deepStrictEqual(types(expected).slice(-3), ["part_end", "finish", "end"])
  })

  it("comes once, whatever follows", () => {
    const events = decoded([START, reason("end_turn"), STOP, STOP, text(0, "late"), START, "nonsense"])
    assert.deepStrictEqual(types(events), ["start", "usage", "finish", "end"])
  })

  it("takes message_stop for the end when no reason was given", () => {
    assert.deepStrictEqual(types(decoded([START, STOP])), ["start", "usage", "finish", "end"])
  })
})

describe("errors in a stream", () => {
  it("are told with the provider's words and the status that belongs to them", () => {
    const overloaded = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }
    assert.deepStrictEqual(decoded([START, started(0, TEXT), JSON.stringify(overloaded), text(0, "late")]).at(-1), {
      type: "error",
      error: { status: 529, message: "Overloaded", type: "overloaded_error", code: null }
    })
  })

  it("are told for what is no event", () => {
    for (const data of ["nonsense", "[]", "null", '"text"', ""]) {
      assert.deepInclude(decoded([START, data]).at(-1), { type: "error" }, data)
    }
  })
})

describe("odd streams", () => {
  it("are read without the first event", () => {
    const events = decoded([
      started(0, TEXT),
      text(0, "Hi."),
      stopped(0),
      reason("end_turn", { output_tokens: 3 }),
      STOP
    ])
    assert.deepStrictEqual(jsonOf(events[0]), { type: "start", id: "", model: "" })
    assert.deepStrictEqual(words(events), ["Hi."])
  })

  it("are read when the end of a block is missing", () => {
    const events = decoded([
      START,
      started(0, TEXT),
      text(0, "A"),
      started(1, TEXT),
      text(1, "B"),
      reason("end_turn"),
      STOP
    ])
    assert.deepStrictEqual(types(events).slice(2, -2), [
      "part_start",
      "text",
      "part_end",
      "part_start",
      "text",
      "part_end"
    ])
  })

  it("are read when the index is missing", () => {
    const data = [
      START,
      event("content_block_start", { content_block: TEXT }),
      event("content_block_delta", { delta: { type: "text_delta", text: "A" } }),
      event("content_block_stop"),
      reason("end_turn"),
      STOP
    ]
    assert.deepStrictEqual(words(decoded(data)), ["A"])
  })

  it("are read past what is empty or not known", () => {
    const data = [
      START,
      event("ping"),
      event("something_new", { x: 1 }),
      started(0, TEXT),
      text(0, ""),
      delta(0, { type: "new_delta", text: "x" }),
      delta(9, { type: "text_delta", text: "for nobody" }),
      delta(0, { type: "citations_delta", citation: {} }),
      text(0, "A"),
      stopped(0),
      reason("end_turn"),
      STOP
    ]
    assert.deepStrictEqual(words(decoded(data)), ["A"])
  })

  it("are read when a block brings its content at once", () => {
    const data = [
      START,
      started(0, { type: "thinking", thinking: "Hm.", signature: "c2ln" }),
      stopped(0),
      started(1, { type: "text", text: "Yes." }),
      stopped(1),
      started(2, call("a", { at: 1 })),
      stopped(2),
      reason("tool_use"),
      STOP
    ]
    const events = decoded(data)
    assert.deepStrictEqual(words(events), ["Hm.", "Yes.", '{"at":1}'])
    assert.deepInclude(
      events.find(({ type }) => type === "signature"),
      { signature: { issuer: "claude", value: "c2ln" } }
    )
  })

  it("get an ID for a call that has none", () => {
    const events = decoded([
      START,
      started(0, { type: "tool_use", name: "look", input: {} }),
      stopped(0),
      reason("tool_use"),
      STOP
    ])
    assert.deepInclude(
      events.find(({ type }) => type === "part_start"),
      { value: { type: "tool_call", id: "toolu_new1", name: "look" } }
    )
  })
})

describe("names of tools", () => {
  it("are the client's again", () => {
    const context = contextOf()
    context.toolNames.set("look", "eyes.look")
    assert.deepInclude(decoded([START, started(0, call("a")), stopped(0), reason("tool_use"), STOP], context)[2], {
      value: { type: "tool_call", id: "a", name: "eyes.look" }
    })
  })
})

describe("usage", () => {
  it("counts every token once, and takes the later, larger number of each", () => {
    const events = decoded([
      event("message_start", {
        message: {
          usage: { input_tokens: 10, cache_creation_input_tokens: 20, cache_read_input_tokens: 30, output_tokens: 1 }
        }
      }),
      reason("end_turn", { input_tokens: 0, output_tokens: 9, output_tokens_details: { thinking_tokens: 4 } }),
      STOP
    ])
    assert.deepStrictEqual(jsonOf(events.findLast(({ type }) => type === "usage")), {
      type: "usage",
      usage: { inputTokens: 60, cacheReadTokens: 30, cacheWriteTokens: 20, outputTokens: 9, reasoningTokens: 4 }
    })
  })

  it("is what the last event says when the first said nothing", () => {
    const data = [
      event("message_start", { message: { usage: { input_tokens: 0, output_tokens: 0 } } }),
      reason("end_turn", { input_tokens: 12, output_tokens: 3 }),
      STOP
    ]
    assert.deepInclude(
      decoded(data).findLast(({ type }) => type === "usage"),
      {
        usage: {
          inputTokens: 12,
          cacheReadTokens: undefined,
          cacheWriteTokens: undefined,
          outputTokens: 3,
          reasoningTokens: undefined
        }
      }
    )
  })
})

describe("surrogate pairs", () => {
  const pairs = "a😀b👋🏽"

  it("are joined when events cut them, in text, thoughts and arguments", () => {
    const halves = [...Array.from({ length: pairs.length }).keys()].map((at) => pairs.charAt(at))
    const cut = (block: object, piece: (half: string) => object) =>
      decoded([
        START,
        started(0, block),
        ...halves.map((half) => delta(0, piece(half))),
        stopped(0),
        reason("end_turn"),
        STOP
      ])
    for (const events of [
      cut(TEXT, (half) => ({ type: "text_delta", text: half })),
      cut({ type: "thinking", thinking: "" }, (half) => ({ type: "thinking_delta", thinking: half })),
      cut(call("a"), (half) => ({ type: "input_json_delta", partial_json: half }))
    ]) {
      for (const piece of words(events)) assert.strictEqual(piece, piece.toWellFormed())
      assert.strictEqual(words(events).join(""), pairs)
    }
  })

  it("are replaced when the other half never comes", () => {
    const events = decoded([START, started(0, TEXT), text(0, "a\ud83d"), stopped(0), reason("end_turn"), STOP])
    assert.deepStrictEqual(words(events), ["a", "\ufffd"])
  })
})

describe("what only Claude knows", () => {
  it("is told when it is whole", () => {
    const data = [
      START,
      started(0, { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }),
      json(0, '{"query":'),
      json(0, '"x"}'),
      stopped(0),
      reason("pause_turn"),
      STOP
    ]
    assert.deepStrictEqual(decoded(data)[2], {
      type: "part_start",
      choice: 0,
      part: 0,
      value: {
        type: "foreign",
        protocol: "claude",
        value: { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "x" } }
      }
    })
  })

  it("keeps the parts dense", () => {
    const data = [
      START,
      started(0, { type: "compaction", content: "x" }),
      stopped(0),
      started(1, TEXT),
      text(1, "A"),
      stopped(1),
      reason("end_turn"),
      STOP
    ]
    const parts = decoded(data).flatMap((each) => (each.type === "part_start" ? [each.part] : []))
    assert.deepStrictEqual(parts, [0, 1])
  })
})

describe("a whole answer", () => {
  it("leaves out what is odd in it, and refuses nothing", () => {
    const answer = claudeProvider.decodeResponse(
      {
        content: [null, "x", { type: "tool_use", name: "look", input: '{"a":1}' }, { type: "text" }],
        usage: { input_tokens: -1 }
      },
      contextOf()
    )
    assert.deepStrictEqual(jsonOf(answer), {
      id: "",
      model: "",
      choices: [
        {
          parts: [
            { type: "tool_call", id: "toolu_new1", name: "look", arguments: '{"a":1}' },
            { type: "text", text: "" }
          ]
        }
      ],
      usage: {}
    })
  })
})
