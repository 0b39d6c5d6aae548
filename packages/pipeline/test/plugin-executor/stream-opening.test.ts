import { assert, describe, it } from "vitest"

import { type OpeningState, watchOpening } from "../../src/plugin-executor/stream-opening.ts"

const event = (json: object): string => `data: ${JSON.stringify(json)}\n\n`
const delta = (fields: object): string => event({ choices: [{ index: 0, delta: fields }] })

/** What a stream has come to with each of its frames, up to the first that is not empty. */
const judged = (protocol: string, ...frames: ReadonlyArray<string>): ReadonlyArray<OpeningState["_tag"]> => {
  const opening = watchOpening(protocol, "m")
  const states: Array<OpeningState["_tag"]> = []
  for (const frame of frames) {
    states.push(opening.see(Buffer.from(frame))._tag)
    if (states.at(-1) !== "Empty") break
  }
  return states
}

/** Frames that say nothing of an answer, and frames each of which begins one. */
const CASES: Readonly<
  Record<string, { readonly empty: ReadonlyArray<string>; readonly begun: ReadonlyArray<string> }>
> = {
  openai: {
    empty: [
      delta({ role: "assistant" }),
      delta({ role: "assistant", content: "" }),
      delta({ content: null }),
      event({ choices: [] }),
      event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 0 } }),
      event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
      ": keep-alive\n\n",
      "data: [DONE]\n\n"
    ],
    begun: [
      delta({ content: "a" }),
      delta({ reasoning_content: "hm" }),
      delta({ tool_calls: [{ index: 0, id: "c", type: "function", function: { name: "f", arguments: "" } }] }),
      event({ by: "a plugin of its own mind" }),
      "data: no JSON\n\n"
    ]
  },
  claude: {
    empty: [
      event({ type: "message_start", message: { id: "m", content: [], usage: { input_tokens: 1 } } }),
      `event: ping\n${event({ type: "ping" })}`,
      event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
      event({ type: "content_block_stop", index: 0 }),
      event({ type: "message_delta", delta: { stop_reason: "end_turn" } })
    ],
    begun: [
      event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "a" } }),
      event({
        type: "content_block_start",
        index: 0,
        content_block: { type: "tool_use", id: "t", name: "f", input: {} }
      }),
      event({ type: "of_next_year" })
    ]
  },
  gemini: {
    empty: [
      event({ candidates: [{ content: { role: "model", parts: [{ text: "" }] } }] }),
      event({ usageMetadata: { promptTokenCount: 1 } })
    ],
    begun: [
      event({ candidates: [{ content: { role: "model", parts: [{ text: "a" }] } }] }),
      event({ candidates: [{ content: { role: "model", parts: [{ functionCall: { name: "f", args: {} } }] } }] }),
      event({ by: "a plugin of its own mind" })
    ]
  },
  "openai-response": {
    empty: [
      event({ type: "response.created", response: {} }),
      event({ type: "response.in_progress", response: {} }),
      event({ type: "response.output_item.added", item: { type: "message" } }),
      event({ type: "response.output_item.added", item: { type: "reasoning" } }),
      event({ type: "response.content_part.added", part: { type: "output_text", text: "" } })
    ],
    begun: [
      event({ type: "response.output_text.delta", delta: "a" }),
      event({ type: "response.output_item.added", item: { type: "function_call", name: "f" } }),
      event({ type: "response.completed", response: {} })
    ]
  }
}

/** What a stream has come to with its first event. */
const broken = (protocol: string, json: object): OpeningState =>
  watchOpening(protocol, "m").see(Buffer.from(event(json)))

describe("the beginning of a stream", () => {
  for (const [protocol, { begun, empty }] of Object.entries(CASES)) {
    it(`is empty until something of the answer comes, for ${protocol}`, () => {
      const nothing = empty.map(() => "Empty" as const)
      assert.deepStrictEqual(judged(protocol, ...empty), nothing)
      for (const frame of begun) {
        assert.deepStrictEqual(judged(protocol, ...empty.slice(0, 1), frame), ["Empty", "Begun"], frame)
      }
    })
  }

  it("is read wherever its frames are cut", () => {
    const text = `${delta({ role: "assistant" })}${delta({ content: "a" })}`
    const states = judged("openai", ...text.split(""))
    assert.deepStrictEqual(
      [states.length, new Set(states.slice(0, -1)), states.at(-1)],
      [text.length, new Set(["Empty"]), "Begun"]
    )
  })

  it("is broken by an error in place of an answer, with the protocol's words for it", () => {
    assert.deepStrictEqual(broken("openai", { error: { message: "no", type: "rate_limit_error" } }), {
      _tag: "Broken",
      message: "no",
      status: 429
    })
    assert.deepStrictEqual(broken("claude", { type: "error", error: { type: "overloaded_error", message: "no" } }), {
      _tag: "Broken",
      message: "no",
      status: 529
    })
    assert.deepStrictEqual(broken("gemini", { error: { code: 503, message: "no", status: "UNAVAILABLE" } }), {
      _tag: "Broken",
      message: "no",
      status: 503
    })
    for (const failed of [
      { type: "response.failed", response: { error: { message: "no" } } },
      { type: "error", message: "no" }
    ]) {
      const state = broken("openai-response", failed)
      assert.deepStrictEqual(state, { _tag: "Broken", message: "no", status: undefined })
    }
  })

  it("is over after 64 KiB of nothing", () => {
    const opening = watchOpening("claude", "m")
    const ping = Buffer.from(event({ type: "ping" }))
    let bytes = 0
    while (opening.see(ping)._tag === "Empty") bytes += ping.length
    assert.isAbove(bytes + ping.length, 64 * 1024)
    assert.isAtMost(bytes, 64 * 1024)
  })

  it("is its first frame in a format that only plugins know", () => {
    assert.deepStrictEqual(judged("lab", "anything"), ["Begun"])
  })
})
