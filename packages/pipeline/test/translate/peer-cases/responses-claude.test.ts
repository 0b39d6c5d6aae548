import { assert, describe, it } from "@effect/vitest"

import { answered, type Pair, sent, streamed, type Wire } from "./exchange.ts"
import { responseSeen, seenByResponses } from "./seen.ts"
import {
  blockStart,
  blockStop,
  callBlock,
  callOutput,
  CLAUDE_STOP,
  claudeDelta,
  claudeMessage,
  claudeStart,
  functionCall,
  item,
  textBlock,
  thinkingBlock,
  toolResult,
  toolUse
} from "./wire.ts"

const pair: Pair = { client: "openai-response", provider: "claude", model: "claude-sonnet-4-5" }
const effortful: Pair = { ...pair, model: "claude-opus-4-6" }
const messages = (...input: ReadonlyArray<object>) => sent(pair, { input }).messages
const kinds = (written: ReadonlyArray<Wire>) =>
  written.map(({ content, role }) => [role, ...content.map(({ type }: Wire) => type)])
const ask = item("user", "Run it.")
const thinking = { type: "thinking", thinking: "Hm.", signature: "c2lnbmVk" }

describe("a request of a Responses client for Claude", () => {
  it("has IDs that Claude takes, the same in call and output", () => {
    const [, turn, next] = messages(
      ask,
      functionCall("call.with space:1", "read"),
      callOutput("call.with space:1", "ok")
    )
    assert.match(turn.content[0].id, /^[a-zA-Z0-9_-]+$/)
    assert.strictEqual(next.content[0].tool_use_id, turn.content[0].id)
  })

  it("turns a reasoning of Claude's back into the thought that it was, before what it led to", () => {
    const { output } = answered(
      pair,
      claudeMessage([thinking, { type: "text", text: "So." }, toolUse("a", "read"), toolUse("b", "read")], "tool_use")
    )
    const [, turn, next] = messages(ask, ...output, callOutput("a", "A"), callOutput("b", "B"))
    assert.deepStrictEqual(turn.content, [
      thinking,
      { type: "text", text: "So." },
      toolUse("a", "read"),
      toolUse("b", "read")
    ])
    assert.deepStrictEqual(next.content, [toolResult("a", "A"), toolResult("b", "B")])
  })

  it("turns an encrypted thought back into itself, and drops one that says nothing", () => {
    const redacted = { type: "redacted_thinking", data: "c2VjcmV0" }
    const { output } = answered(pair, claudeMessage([redacted, { type: "text", text: "So." }], "end_turn"))
    assert.deepStrictEqual(messages(ask, ...output, ask)[1].content, [redacted, { type: "text", text: "So." }])
    const empty = { type: "reasoning", id: "rs", summary: [], encrypted_content: "" }
    assert.deepStrictEqual(kinds(messages(ask, empty, ask)), [["user", "text", "text"]])
  })

  it("shows Claude no reasoning that another provider signed", () => {
    const foreign = {
      type: "reasoning",
      id: "rs",
      summary: [{ type: "summary_text", text: "GPT's own" }],
      encrypted_content: "gAAAAABother"
    }
    assert.notInclude(JSON.stringify(messages(ask, foreign, item("assistant", "So."), ask)), "GPT's own")
  })

  it("moves what stands between a call and its output behind it, for each of several batches", () => {
    const written = messages(
      ask,
      functionCall("a", "run"),
      item("user", "[resumed]"),
      functionCall("b", "run"),
      callOutput("a", "A"),
      callOutput("b", "B")
    )
    assert.deepStrictEqual(kinds(written), [
      ["user", "text"],
      ["assistant", "tool_use"],
      ["user", "tool_result", "text"],
      ["assistant", "tool_use"],
      ["user", "tool_result"]
    ])
    assert.deepStrictEqual([written[2].content[0].tool_use_id, written[4].content[0].tool_use_id], ["a", "b"])
  })

  it("says that a call has no output, in the middle and at the end", () => {
    for (const rest of [[item("user", "Carry on.")], []]) {
      const [, , next] = messages(ask, functionCall("a", "run"), ...rest)
      assert.deepStrictEqual([next.content[0].tool_use_id, next.content[0].is_error], ["a", true])
    }
  })

  it("tells an output of no call in words, also when it has no ID of a call at all, as Codex sends it", () => {
    const tick = {
      type: "function_call_output",
      id: "fco_1",
      name: "update",
      namespace: "codex_app",
      output: "<heartbeat>tick</heartbeat>"
    }
    const [, , { content }] = messages(
      ask,
      functionCall("a", "run"),
      tick,
      callOutput("a", "A"),
      item("user", "Go on.")
    )
    assert.deepStrictEqual(content[0], toolResult("a", "A"))
    const texts = content.slice(1).map(({ text }: Wire) => text)
    assert.include(texts, "<heartbeat>tick</heartbeat>")
    assert.strictEqual(texts.at(-1), "Go on.")
    const [orphan] = messages(callOutput("gone", ""))
    assert.notStrictEqual(orphan.content[0].text.trim(), "")
  })

  it("keeps an image in an output, never as text", () => {
    const image = { type: "input_image", image_url: "data:image/png;base64,iVBORw0KGgo=", detail: "high" }
    const [, , next] = messages(ask, functionCall("a", "view"), callOutput("a", [image]))
    assert.deepStrictEqual(next.content[0].content, [
      { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } }
    ])
  })

  it("joins turns of one role, across an empty one, and not across another's", () => {
    const said = messages(ask, item("assistant", "one"), item("user", "reply"), item("assistant", "two"), ask)
    assert.deepStrictEqual(
      said.map(({ role }: Wire) => role),
      ["user", "assistant", "user", "assistant", "user"]
    )
    const [, joined] = messages(
      ask,
      item("assistant", "one"),
      { type: "message", role: "user", content: "" },
      item("assistant", "two"),
      ask
    )
    assert.deepStrictEqual(
      joined.content.map(({ text }: Wire) => text),
      ["one", "two"]
    )
  })

  for (const [summary, display] of [
    ["auto", "summarized"],
    ["concise", "summarized"],
    ["none", "omitted"],
    [undefined, undefined]
  ] as const) {
    it(`shows thoughts as the summary ${summary} asks`, () => {
      const { thinking: asked } = sent(effortful, {
        input: "go",
        reasoning: { effort: "high", ...(summary && { summary }) }
      })
      assert.strictEqual(asked.display, display)
    })
  }

  it("never asks for more than the model can give", () => {
    const haiku: Pair = { ...pair, model: "claude-3-5-haiku-20241022" }
    assert.strictEqual(sent(haiku, { input: "go" }).max_tokens, 8192)
    assert.strictEqual(sent(haiku, { input: "go", max_output_tokens: 128_000 }).max_tokens, 8192)
    assert.strictEqual(sent(effortful, { input: "go", max_output_tokens: 128_000 }).max_tokens, 128_000)
    assert.strictEqual(sent(pair, { input: "go", max_output_tokens: null }).max_tokens, 32_000)
  })

  it("has names of tools in namespaces that cannot be taken for others", () => {
    const tool = { type: "function", name: "read", parameters: { type: "object", properties: {} } }
    const { tools } = sent(pair, {
      input: "go",
      tools: [{ type: "namespace", name: "a", tools: [tool] }, { type: "namespace", name: "b", tools: [tool] }, tool]
    })
    assert.deepStrictEqual(
      tools.map(({ name }: Wire) => name),
      ["a__read", "b__read", "read"]
    )
  })
})

describe("an answer of Claude for a Responses client", () => {
  const usage = { input_tokens: 10, cache_read_input_tokens: 20, cache_creation_input_tokens: 3, output_tokens: 9 }
  const events = [
    claudeStart(usage),
    ...thinkingBlock(0, "First.", "c2lnbmVk"),
    ...thinkingBlock(1, "Second.", ""),
    ...textBlock(2, "안녕?"),
    ...callBlock(3, "toolu_1", "look", '{"n":1}'),
    claudeDelta("tool_use", usage),
    CLAUDE_STOP
  ]
  const content = [
    { ...thinking, thinking: "First." },
    { type: "thinking", thinking: "Second.", signature: "" },
    { type: "text", text: "안녕?" },
    toolUse("toolu_1", "look", { n: 1 })
  ]

  it("has each thought, the message and the call as items, the same streamed as whole", () => {
    const flow = seenByResponses(streamed(pair, events))
    assert.deepStrictEqual(flow.output, [
      { thought: "First." },
      { thought: "Second." },
      "안녕?",
      { call: "toolu_1", name: "look", arguments: '{"n":1}', namespace: undefined }
    ])
    const whole = responseSeen(answered(pair, claudeMessage(content, "tool_use", usage)))
    assert.deepStrictEqual([whole.output, whole.status, whole.usage], [flow.output, flow.status, flow.usage])
  })

  it("ends the message before the call begins, with all of its text", () => {
    const { events: seen } = streamed(pair, events)
    const at = (type: string, item?: string) =>
      seen.findIndex((event) => event.type === type && (item === undefined || event.item.type === item))
    const order = [
      at("response.output_text.done"),
      at("response.content_part.done"),
      at("response.output_item.done", "message"),
      at("response.output_item.added", "function_call")
    ]
    assert.deepStrictEqual(
      order,
      order.toSorted((a, b) => a - b)
    )
    assert.strictEqual(seen[order[0] ?? -1].text, "안녕?")
    assert.strictEqual(seen[order[2] ?? -1].item.content[0].text, "안녕?")
  })

  it("tells the tokens of the cache, within the input", () => {
    const {
      input_tokens: input,
      input_tokens_details: details,
      total_tokens: total
    } = seenByResponses(streamed(pair, events)).usage
    assert.deepStrictEqual([input, details.cached_tokens, total], [33, 20, 42])
  })

  it("holds an encrypted thought as a reasoning without words", () => {
    const redacted = [blockStart(0, { type: "redacted_thinking", data: "c2VjcmV0" }), blockStop(0)]
    const flow = seenByResponses(
      streamed(pair, [claudeStart(), ...redacted, ...textBlock(1, "Hi"), claudeDelta("end_turn"), CLAUDE_STOP])
    )
    assert.deepStrictEqual(flow.output, [{ thought: "" }, "Hi"])
  })

  for (const [stop, status, reason] of [
    ["end_turn", "completed", undefined],
    ["max_tokens", "incomplete", "max_output_tokens"],
    ["refusal", "incomplete", "content_filter"],
    ["pause_turn", "completed", undefined]
  ] as const) {
    it(`is ${status} when it stopped for ${stop}, streamed and whole`, () => {
      const flow = seenByResponses(
        streamed(pair, [claudeStart(), ...textBlock(0, "Hi"), claudeDelta(stop), CLAUDE_STOP])
      )
      assert.deepStrictEqual([flow.status, flow.reason], [status, reason])
      const whole = responseSeen(answered(pair, claudeMessage([{ type: "text", text: "Hi" }], stop)))
      assert.deepStrictEqual([whole.status, whole.reason], [status, reason])
    })
  }
})
