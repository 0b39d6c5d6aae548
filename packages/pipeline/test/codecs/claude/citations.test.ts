import { assert, describe, it } from "@effect/vitest"

import type { Citation } from "../../../src/canonical/citation.ts"
import type { JsonObject } from "../../../src/canonical/json.ts"
import type { TextPart } from "../../../src/canonical/part.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { claudeProvider } from "../../../src/codecs/claude/codec.ts"
import { fitHistory } from "../../../src/codecs/claude/fit-history.ts"
import { collected } from "./collect-stream.ts"
import { contextOf, decoded, encoded, encodedResponse, jsonOf, written } from "./context.ts"
import { accumulated } from "./official-sdk.ts"

const own = (fields: JsonObject) => ({ extensions: { protocol: "claude", fields } }) as const

/** Each kind that Claude has, and what is read of it. */
const KINDS: ReadonlyArray<readonly [wire: JsonObject, read: Citation]> = [
  {
    type: "char_location",
    cited_text: "Der Föhn.",
    document_index: 0,
    document_title: "Winde",
    file_id: "file_1",
    start_char_index: 0,
    end_char_index: 9
  },
  {
    type: "page_location",
    cited_text: "Der Föhn.",
    document_index: 1,
    document_title: null,
    file_id: null,
    start_page_number: 1,
    end_page_number: 2
  },
  {
    type: "content_block_location",
    cited_text: "Der Föhn.",
    document_index: 0,
    document_title: "Winde",
    file_id: null,
    start_block_index: 0,
    end_block_index: 1
  },
  {
    type: "web_search_result_location",
    cited_text: "Der Föhn.",
    url: "https://a.example",
    title: "Föhn",
    encrypted_index: "c2VjcmV0"
  },
  {
    type: "search_result_location",
    cited_text: "Der Föhn.",
    source: "https://b.example",
    title: "Föhn",
    search_result_index: 0,
    start_block_index: 0,
    end_block_index: 1
  },
  {
    type: "search_result_location",
    cited_text: "Der Föhn.",
    source: "wiki/42",
    title: null,
    search_result_index: 0,
    start_block_index: 0,
    end_block_index: 1
  }
].map((wire, index) => {
  const said: ReadonlyArray<Citation> = [
    { fileId: "file_1", title: "Winde" },
    {},
    { title: "Winde" },
    { url: "https://a.example", title: "Föhn" },
    { url: "https://b.example", title: "Föhn" },
    {}
  ]
  return [wire, { ...said[index], citedText: "Der Föhn.", ...own(wire) }]
})

const WIRE = KINDS.map(([wire]) => wire)
const READ = KINDS.map(([, read]) => read)
const block = { type: "text", text: "Er weht.", citations: WIRE }

const event = (type: string, fields: object) => JSON.stringify({ type, index: 0, ...fields })

/** The content of a turn of the model that goes to Claude. */
const turn = (citations: ReadonlyArray<Citation>) => {
  const said: TextPart = { type: "text", text: "Er weht.", citations }
  const answer: TextPart = { type: "text", text: "Und?" }
  const messages = [
    { role: "assistant", parts: [said] },
    { role: "user", parts: [answer] }
  ] as const
  return written({ messages }).messages[1]?.content
}

const body = (citations: unknown) => ({
  model: "m",
  messages: [{ role: "assistant", content: [{ type: "text", text: "Er weht.", citations }] }]
})

describe("citations of Claude's", () => {
  it("are read with what all protocols know, and kept as they were", () => {
    const read = claudeProvider.decodeResponse({ content: [block] }, contextOf())
    assert.deepStrictEqual(jsonOf(read.choices[0]?.parts), [
      { type: "text", text: "Er weht.", citations: jsonOf(READ) }
    ] as never)
    assert.deepStrictEqual(encodedResponse(read)["content"], [block])
  })

  it("of a stream are read before the text and behind it, and in the beginning of a block", () => {
    const started = (citations: unknown) =>
      event("content_block_start", { content_block: { type: "text", text: "", citations } })
    const text = event("content_block_delta", { delta: { type: "text_delta", text: "Er weht." } })
    const cited = WIRE.map((citation) => event("content_block_delta", { delta: { type: "citations_delta", citation } }))
    const rest = [event("content_block_stop", {}), event("message_delta", { delta: { stop_reason: "end_turn" } })]
    const odd = event("content_block_delta", { delta: { type: "citations_delta", citation: null } })
    const streams = [
      [started([]), ...cited, odd, text, ...rest],
      [started(null), text, ...cited, ...rest],
      [started(WIRE), text, ...rest]
    ]
    for (const stream of streams) {
      const { choices } = collected(decoded(stream))
      assert.deepStrictEqual(jsonOf(choices[0]?.parts), [
        { type: "text", text: "Er weht.", citations: jsonOf(READ) }
      ] as never)
    }
  })

  it("go back to Claude as they were, and what others have found does not", () => {
    const others: Citation = { url: "https://c.example", title: "C" }
    assert.deepStrictEqual(turn([others, ...READ, { ...others, ...own(MADE) }]), [block])
    assert.deepStrictEqual(turn([others]), [{ type: "text", text: "Er weht." }])
  })

  it("pass through to Claude, where what others have found is left out", () => {
    for (const untouched of [body(WIRE), body([]), body(null)]) {
      assert.strictEqual(fitHistory(untouched, "claude-sonnet-4-5"), untouched)
    }
    assert.deepStrictEqual(fitHistory(body([MADE, ...WIRE]), "claude-sonnet-4-5"), body(WIRE))
    assert.deepStrictEqual(jsonOf(fitHistory(body([MADE]), "claude-sonnet-4-5")), jsonOf(body(undefined)))
  })
})

/** What a client of Claude's gets of a page that somebody else has found. */
const MADE: JsonObject = {
  type: "web_search_result_location",
  cited_text: "",
  url: "https://c.example",
  title: "C",
  encrypted_index: ""
}

const FOREIGN: ReadonlyArray<Citation> = [
  { url: "https://c.example", title: "C", range: { start: 0, end: 2 } },
  { title: "A document" }
]

const contentOf = (text: string): unknown => {
  const parts: ReadonlyArray<TextPart> = [{ type: "text", text, citations: FOREIGN }]
  return encodedResponse({ id: "", model: "", choices: [{ parts, stopReason: "stop" }] })["content"]
}

describe("citations of others", () => {
  it("are results of a search on the web for a client, at all of the text; documents are left out", () => {
    assert.deepStrictEqual(contentOf("Er weht."), [{ type: "text", text: "Er weht.", citations: [MADE] }])
    assert.deepStrictEqual(contentOf(""), [])
  })

  it("reach a streaming client, unless they come when their block is closed", async () => {
    const at = { choice: 0, part: 0 }
    const events: Array<StreamEvent> = [
      { type: "start", id: "", model: "m" },
      { type: "part_start", ...at, value: { type: "text" } },
      { type: "text", ...at, text: "Er weht." },
      ...FOREIGN.map((citation) => ({ type: "citation" as const, ...at, citation })),
      { type: "part_end", ...at },
      { type: "citation", ...at, citation: { url: "https://late.example" } },
      { type: "finish", choice: 0, reason: "stop" },
      { type: "end" }
    ]
    const { content } = await accumulated(encoded(events))
    assert.deepStrictEqual(content, [{ type: "text", text: "Er weht.", citations: [MADE] }])
  })
})
