import { assert, describe, it } from "@effect/vitest"

import { answered, type Pair, sent, streamed, type Wire } from "./exchange.ts"
import { responseSeen, seenByResponses } from "./seen.ts"
import { callChunk, callOutput, chatCall, chunk, completion, DONE, functionCall, item } from "./wire.ts"

const pair: Pair = { client: "openai-response", provider: "openai", model: "served-model" }
const messages = (...input: ReadonlyArray<object>) => sent(pair, { input }).messages
const roles = (written: ReadonlyArray<Wire>) => written.map(({ role }) => role)
const shot = { type: "input_image", image_url: "data:image/png;base64,AA==", detail: "original" }
const add = { type: "function", name: "add_numbers", parameters: { type: "object", properties: {} } }
const namespaces = [
  { type: "namespace", name: "mcp__math__", tools: [add] },
  { type: "namespace", name: "mcp__github", tools: [{ ...add, name: "get_me" }] }
]

const reasoning = (text: string) => ({ type: "reasoning", id: "rs", summary: [{ type: "summary_text", text }] })

describe("a request of a Responses client for a server of chat completions", () => {
  it("joins calls that follow one another, and keeps their IDs", () => {
    const written = messages(
      functionCall("run:0", "run"),
      functionCall("run:1", "run"),
      callOutput("run:0", "a"),
      callOutput("run:1", "b")
    )
    assert.deepStrictEqual(roles(written), ["assistant", "tool", "tool"])
    assert.deepStrictEqual(
      written[0].tool_calls.map(({ id }: Wire) => id),
      ["run:0", "run:1"]
    )
    assert.deepStrictEqual([written[1].tool_call_id, written[2].tool_call_id], ["run:0", "run:1"])
  })

  it("keeps calls apart between which the user spoke, each with an answer", () => {
    const written = messages(functionCall("a", "one"), item("user", "next"), functionCall("b", "two"))
    assert.deepStrictEqual(roles(written), ["assistant", "tool", "user", "assistant", "tool"])
  })

  it("defers what stands between a call and its output", () => {
    const written = messages(
      functionCall("x", "run"),
      item("user", "approved"),
      callOutput("x", "ok"),
      item("user", "next")
    )
    assert.deepStrictEqual(roles(written), ["assistant", "tool", "user", "user"])
    assert.deepStrictEqual([written[1].content, written[2].content, written[3].content], ["ok", "approved", "next"])
  })

  for (const [name, output] of [
    ["a list", [{ type: "input_text", text: "a shot" }, shot]],
    ["the JSON text of a list", JSON.stringify([{ type: "input_text", text: "a shot" }, shot])]
  ] as const) {
    it(`shows the image of a tool whose output is ${name}, in a detail that chat completions know`, () => {
      const written = messages(functionCall("x", "view"), callOutput("x", output))
      assert.strictEqual(written[1].content, "a shot")
      assert.deepStrictEqual(written[2].content[1], {
        type: "image_url",
        image_url: { url: shot.image_url, detail: "high" }
      })
    })
  }

  for (const text of [
    "plain",
    '{"status":"ok"}',
    '[{"type":"input_text","text":"still text"}]',
    '[{"type":"input_image","detail":"low"}]',
    '[{"type":"input_image","image_url":"data:image/png;base64,AA=="}] and more',
    '[{"type":"input_image","image_url":123}]'
  ]) {
    it(`leaves an output as it is that is ${text}`, () => {
      assert.strictEqual(messages(functionCall("x", "run"), callOutput("x", text))[1].content, text)
    })
  }

  it("puts a thought with the message and the call that it led to", () => {
    const written = messages(
      reasoning("why"),
      item("assistant", "So."),
      item("user", "go"),
      reasoning("how"),
      functionCall("x", "run"),
      callOutput("x", "ok")
    )
    assert.deepStrictEqual([written[0].content, written[0].reasoning_content], ["So.", "why"])
    assert.deepStrictEqual([written[2].reasoning_content, written[2].tool_calls.length], ["how", 1])
  })

  it("drops a reasoning that holds nothing", () => {
    assert.deepStrictEqual(messages({ type: "reasoning", id: "rs", summary: [] }, item("user", "go")), [
      { role: "user", content: "go" }
    ])
  })

  it("names tools of namespaces by both names, and the calls in the history the same", () => {
    const call = functionCall("c", "get_me")
    const body = sent(pair, {
      input: [{ ...call, namespace: "mcp__github" }, callOutput("c", "me")],
      tools: namespaces
    })
    const names = body.tools.map(({ function: { name } }: Wire) => name)
    assert.deepStrictEqual(names, ["mcp__math__add_numbers", "mcp__github__get_me"])
    assert.strictEqual(body.messages[0].tool_calls[0].function.name, "mcp__github__get_me")
  })

  it("declares a tool once, as the request itself has it, also when items add more", () => {
    const tools = [{ ...add, description: "of the request" }]
    const more = {
      type: "additional_tools",
      tools: [
        { ...add, description: "of an item" },
        { ...add, name: "other" }
      ]
    }
    const body = sent(pair, { input: [item("user", "go"), more], tools })
    assert.deepStrictEqual(
      body.tools.map(({ function: { description, name } }: Wire) => [name, description]),
      [
        ["add_numbers", "of the request"],
        ["other", undefined]
      ]
    )
  })

  it("writes a custom tool as a function of one text, and its call as a call of that", () => {
    const call = { type: "custom_tool_call", call_id: "c", name: "patch", input: "*** Begin\n+hi" }
    const output = { type: "custom_tool_call_output", call_id: "c", output: "done" }
    const body = sent(pair, { input: [item("user", "go"), call, output], tools: [{ type: "custom", name: "patch" }] })
    assert.deepStrictEqual(body.tools[0].function.parameters.required, ["input"])
    assert.deepStrictEqual(JSON.parse(body.messages[1].tool_calls[0].function.arguments), { input: call.input })
    assert.deepStrictEqual(body.messages[2], { role: "tool", tool_call_id: "c", content: "done" })
  })

  it("has no word on tools when there are none that can be called", () => {
    for (const tools of [[], [{ type: "web_search" }]]) {
      const body = sent(pair, { input: "go", tools, tool_choice: "auto", parallel_tool_calls: false })
      for (const field of ["tools", "tool_choice", "parallel_tool_calls"]) assert.notProperty(body, field)
    }
  })

  it("takes a choice that is nested as in chat completions", () => {
    const body = sent(pair, {
      input: "go",
      tools: [add],
      tool_choice: { type: "function", function: { name: "add_numbers" } },
      parallel_tool_calls: false
    })
    assert.deepStrictEqual(body.tool_choice, { type: "function", function: { name: "add_numbers" } })
    assert.isFalse(body.parallel_tool_calls)
  })

  it("keeps the schema of the answer with its name, description and strictness", () => {
    const schema = {
      type: "object",
      properties: { ok: { type: "boolean" } },
      required: ["ok"],
      additionalProperties: false
    }
    const format = { type: "json_schema", name: "answer", description: "An answer", strict: true, schema }
    assert.deepStrictEqual(sent(pair, { input: "go", text: { format } }).response_format, {
      type: "json_schema",
      json_schema: { name: "answer", description: "An answer", strict: true, schema }
    })
    assert.deepStrictEqual(sent(pair, { input: "go", text: { format: { type: "json_object" } } }).response_format, {
      type: "json_object"
    })
    assert.notProperty(sent(pair, { input: "go" }), "response_format")
  })

  it("leaves out what only OpenAI's own tools said, and no empty turn in its place", () => {
    const search = { type: "web_search_call", id: "ws", status: "completed", action: { type: "search", query: "x" } }
    const shell = {
      type: "local_shell_call",
      id: "ls",
      call_id: "c",
      status: "completed",
      action: { type: "exec", command: [] }
    }
    assert.deepStrictEqual(messages(item("user", "a"), search, item("assistant", "b"), item("user", "c")), [
      { role: "user", content: "a" },
      { role: "assistant", content: "b" },
      { role: "user", content: "c" }
    ])
    assert.deepStrictEqual(roles(messages(item("user", "a"), shell, item("user", "c"))), ["user", "user"])
  })

  it("has the instructions, and what developers say at the head, in one message for servers that take one", () => {
    const body = sent(pair, { instructions: "I", input: [item("developer", "D"), item("user", "go")] })
    assert.deepStrictEqual(body.messages[0], { role: "system", content: "I\n\nD" })
  })
})

describe("a stream of chat completions for a Responses client", () => {
  const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 }

  it("is completed at [DONE], once, with a usage that came late", () => {
    const seen = seenByResponses(
      streamed(pair, [
        callChunk({ index: 0, ...chatCall("c", "read", "") }),
        chunk({}, "tool_calls"),
        { ...chunk({}), choices: [], usage },
        DONE,
        DONE
      ])
    )
    assert.deepStrictEqual(
      [seen.status, seen.usage.input_tokens, seen.usage.output_tokens, seen.usage.total_tokens],
      ["completed", 11, 7, 18]
    )
    assert.strictEqual(seen.output[0].arguments, "{}")
  })

  it("keeps parallel calls separate, in their order, also in what is complete", () => {
    const seen = seenByResponses(
      streamed(pair, [
        callChunk({ index: 0, id: "call_read", function: { name: "read", arguments: '{"path":"C:\\\\repo"}' } }),
        callChunk({ index: 1, id: "call_glob", function: { name: "glob", arguments: '{"pattern":' } }),
        callChunk({ index: 1, function: { arguments: '"*.{yml,yaml}"}' } }),
        chunk({}, "tool_calls"),
        DONE
      ])
    )
    assert.deepStrictEqual(seen.output, [
      { call: "call_read", name: "read", arguments: '{"path":"C:\\\\repo"}', namespace: undefined },
      { call: "call_glob", name: "glob", arguments: '{"pattern":"*.{yml,yaml}"}', namespace: undefined }
    ])
  })

  it("has a thought, a message and a call as items of their own, and the client can send them back as one turn", () => {
    const { events, ...rest } = streamed(pair, [
      chunk({ reasoning_content: "Hm." }),
      chunk({ content: "So." }),
      callChunk({ index: 0, ...chatCall("c", "run", '{"cmd":"ls"}') }),
      chunk({}, "tool_calls"),
      DONE
    ])
    const seen = seenByResponses({ events, ...rest })
    assert.deepStrictEqual(seen.output.slice(0, 2), [{ thought: "Hm." }, "So."])
    const back = messages(...events.at(-1).response.output, callOutput("c", "ok"))
    assert.deepStrictEqual(roles(back), ["assistant", "tool"])
    assert.deepStrictEqual([back[0].reasoning_content, back[0].content, back[0].tool_calls[0].id], ["Hm.", "So.", "c"])
  })

  for (const [finish, reason] of [
    ["length", "max_output_tokens"],
    ["content_filter", "content_filter"]
  ] as const) {
    it(`is incomplete when it stopped for ${finish}`, () => {
      const seen = seenByResponses(streamed(pair, [chunk({ content: "Ha" }, finish), DONE]))
      assert.deepStrictEqual([seen.status, seen.reason], ["incomplete", reason])
      const whole = answered(pair, completion({ content: "Ha" }, finish))
      assert.deepStrictEqual([whole.status, whole.incomplete_details.reason], ["incomplete", reason])
    })
  }

  it("is not completed when it ends in the middle of a call", () => {
    const begun = callChunk({ index: 0, ...chatCall("c", "run", '{"cmd":"l') })
    for (const end of [[], [DONE]]) assert.isDefined(streamed(pair, [begun, ...end]).fault)
  })

  it("begins a call when its ID comes late, with all its arguments, and makes one that never comes", () => {
    const nameFirst = callChunk({ index: 0, function: { name: "read", arguments: '{"file' } })
    const late = callChunk({ index: 0, id: "call_late", function: { arguments: '":1}' } })
    const seen = seenByResponses(streamed(pair, [nameFirst, late, chunk({}, "tool_calls"), DONE]))
    assert.deepStrictEqual([seen.output[0].call, seen.output[0].arguments], ["call_late", '{"file":1}'])
    const never = seenByResponses(
      streamed(pair, [
        callChunk({ index: 0, function: { name: "read", arguments: "{}" } }),
        chunk({}, "tool_calls"),
        DONE
      ])
    )
    assert.match(never.output[0].call, /^call_/)
  })

  it("gives a call of a namespace its two names back, streamed and whole", () => {
    const asked = { input: "go", tools: namespaces }
    const call = chatCall("c", "mcp__math__add_numbers", '{"a":3}')
    const expected = [{ call: "c", name: "add_numbers", arguments: '{"a":3}', namespace: "mcp__math__" }]
    const seen = seenByResponses(
      streamed(pair, [callChunk({ index: 0, ...call }), chunk({}, "tool_calls"), DONE], asked)
    )
    assert.deepStrictEqual(seen.output, expected)
    assert.deepStrictEqual(
      responseSeen(answered(pair, completion({ tool_calls: [call] }, "tool_calls"), asked)).output,
      expected
    )
  })

  it("gives a call of a custom tool its bare text back, also when its name comes late", () => {
    const asked = { input: "go", tools: [{ type: "custom", name: "exec" }] }
    const seen = seenByResponses(
      streamed(
        pair,
        [
          callChunk({ index: 0, id: "c", function: { arguments: "" } }),
          callChunk({ index: 0, function: { name: "exec", arguments: '{"inp' } }),
          callChunk({ index: 0, function: { arguments: 'ut":"pwd\\n"}' } }),
          chunk({}, "tool_calls"),
          DONE
        ],
        asked
      )
    )
    assert.deepStrictEqual(seen.output, [{ custom: "c", name: "exec", input: "pwd\n" }])
    const whole = answered(
      pair,
      completion({ tool_calls: [chatCall("c", "exec", '{"input":"pwd\\n"}')] }, "tool_calls"),
      asked
    )
    assert.deepStrictEqual(responseSeen(whole).output, seen.output)
  })

  it("leaves a function of a custom tool's usual name a function", () => {
    const asked = { input: "go", tools: [{ ...add, name: "apply_patch" }] }
    const whole = answered(
      pair,
      completion({ tool_calls: [chatCall("c", "apply_patch", '{"path":"x"}')] }, "tool_calls"),
      asked
    )
    assert.deepStrictEqual(responseSeen(whole).output[0].arguments, '{"path":"x"}')
  })

  it("shows images that the model made, streamed and whole", () => {
    const images = [{ type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }]
    const seen = seenByResponses(
      streamed(pair, [chunk({ content: "Here:" }), chunk({ images }), chunk({}, "stop"), DONE])
    )
    const whole = responseSeen(answered(pair, completion({ content: "Here:", images }, "stop")))
    assert.deepStrictEqual([seen.output[0], seen.output[1].result], ["Here:", "AA=="])
    assert.deepStrictEqual([whole.output[0], whole.output[1].result], ["Here:", "AA=="])
  })
})
