import { assert, describe, it } from "@effect/vitest"

import { type Asked, sessionKey } from "../../src/session-affinity/session-key.ts"

const asked = (json: Record<string, unknown>, headers: Record<string, string> = {}, principal?: string): Asked => ({
  json,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  principal
})

const chat = (...texts: ReadonlyArray<string>) => ({
  model: "m",
  messages: texts.map((content, i) => ({ role: i % 2 === 0 ? "user" : "assistant", content }))
})

describe("the key of a session", () => {
  for (const [name, one, other] of [
    [
      "Claude Code's header",
      asked({}, { "X-Claude-Code-Session-Id": "s1" }),
      asked({}, { "X-Claude-Code-Session-Id": "s2" })
    ],
    [
      "the session in Claude Code's user",
      asked({ metadata: { user_id: "user_ab_account__session_11-aa" } }),
      asked({ metadata: { user_id: "user_ab_account__session_22-bb" } })
    ],
    [
      "the session in a user that is JSON",
      asked({ metadata: { user_id: '{"device_id":"d","session_id":"1"}' } }),
      asked({ metadata: { user_id: '{"device_id":"d","session_id":"2"}' } })
    ],
    ["Session-Id", asked({}, { "Session-Id": "1" }), asked({}, { "Session-Id": "2" })],
    ["Session_id", asked({}, { Session_id: "1" }), asked({}, { Session_id: "2" })],
    ["X-Session-ID", asked({}, { "X-Session-Id": "1" }), asked({}, { "X-Session-Id": "2" })],
    ["X-Session-Affinity", asked({}, { "X-Session-Affinity": "1" }), asked({}, { "X-Session-Affinity": "2" })],
    ["X-Client-Request-Id", asked({}, { "X-Client-Request-Id": "1" }), asked({}, { "X-Client-Request-Id": "2" })],
    ["session_id", asked({ session_id: "1" }), asked({ session_id: "2" })],
    ["sessionId", asked({ sessionId: "1" }), asked({ sessionId: "2" })],
    ["prompt_cache_key", asked({ prompt_cache_key: "1" }), asked({ prompt_cache_key: "2" })],
    ["the conversation", asked({ conversation: "1" }), asked({ conversation: { id: "2" } })],
    ["the user", asked({ metadata: { user_id: "anna" } }), asked({ metadata: { user_id: "berta" } })],
    ["conversation_id", asked({ conversation_id: "1" }), asked({ conversation_id: "2" })],
    ["how the conversation began", asked(chat("Hello")), asked(chat("Good day"))]
  ] as const) {
    it(`tells sessions apart by ${name}, the same for every request of one`, () => {
      assert.isDefined(sessionKey(one))
      assert.strictEqual(sessionKey(one), sessionKey(structuredClone(one)))
      assert.notStrictEqual(sessionKey(one), sessionKey(other))
    })
  }

  it("goes by the client's own name for its session before anything else", () => {
    const headers = { "X-Session-Id": "s" }
    assert.strictEqual(sessionKey(asked(chat("Hello"), headers)), sessionKey(asked(chat("Good day"), headers)))
  })

  it("stays the same from turn to turn, in every protocol", () => {
    const turns = [
      [chat("Hello"), chat("Hello", "Hi", "And now?")],
      [
        { system: "Be brief.", messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }] },
        {
          system: "Be brief.",
          messages: [
            { role: "user", content: [{ type: "text", text: "Hello" }] },
            { role: "assistant", content: "Hi" }
          ]
        }
      ],
      [
        { instructions: "Be brief.", input: "Hello" },
        { instructions: "Be brief.", input: "Hello" }
      ],
      [
        { contents: [{ parts: [{ text: "Hello" }] }] },
        { contents: [{ parts: [{ text: "Hello" }] }, { role: "model", parts: [{ text: "Hi" }] }] }
      ]
    ] as const
    for (const [first, second] of turns) {
      assert.isDefined(sessionKey(asked(first)))
      assert.strictEqual(sessionKey(asked(first)), sessionKey(asked(second)))
    }
  })

  it("does not mix conversations that begin alike of different clients, nor under different instructions", () => {
    const hello = chat("Hello")
    assert.notStrictEqual(sessionKey(asked(hello, {}, "anna")), sessionKey(asked(hello, {}, "berta")))
    assert.notStrictEqual(sessionKey(asked({ ...hello, system: "A" })), sessionKey(asked({ ...hello, system: "B" })))
  })

  it("is none for a request that has nothing to tell it by, and never what somebody wrote", () => {
    for (const json of [{}, { messages: [] }, { messages: [{ role: "system", content: "x" }] }, { input: [7, null] }]) {
      assert.isUndefined(sessionKey(asked(json)))
    }
    assert.notInclude(sessionKey(asked(chat("a very private text"))) ?? "", "private")
  })
})
