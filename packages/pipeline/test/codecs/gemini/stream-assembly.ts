import { assert } from "@effect/vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { Part, TextPart } from "../../../src/canonical/part.ts"
import type { CanonicalResponse, Choice } from "../../../src/canonical/response.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { mergeUsage, type Usage } from "../../../src/canonical/usage.ts"
import { partWithNote } from "../note-arbitraries.ts"

/** What a test sees of a part that is being put together. */
interface GrowingPart {
  value: Extract<StreamEvent, { readonly type: "part_start" }>["value"]
  text: string
  /** What was said about it, at a text that is not its own. */
  notes: TextPart
  signature?: unknown
  redacted?: unknown
  ended: boolean
}

const finished = ({ notes, redacted, signature, text, value }: GrowingPart): Part => {
  const proof = { ...(signature === undefined ? {} : { signature }), ...(redacted === undefined ? {} : { redacted }) }
  switch (value.type) {
    case "tool_call":
      return { ...value, arguments: JSON.parse(text) as JsonObject, ...proof } as Part
    case "image":
    case "foreign":
      return value
    case "text":
      return { ...notes, text }
    default:
      return { type: value.type, text, ...proof } as Part
  }
}

/** The whole answer of a canonical stream. Refuses one that breaks the order that the model of streams documents. */
export const assembled = (events: ReadonlyArray<StreamEvent>): CanonicalResponse => {
  const [start, ...rest] = events
  if (start?.type !== "start") throw new Error("A stream begins with `start`.")
  const choices = new Map<number, Array<GrowingPart>>()
  const reasons = new Map<number, Choice["stopReason"]>()
  let usage: Usage | undefined
  const partAt = (event: { readonly choice: number; readonly part: number }): GrowingPart => {
    const part = choices.get(event.choice)?.[event.part]
    if (part === undefined) throw new Error("An event belongs to a part that was begun.")
    assert.isFalse(part.ended, "nothing follows the end of a part")
    return part
  }
  for (const [index, event] of rest.entries()) {
    assert.isFalse(index > 0 && rest[index - 1]?.type === "end", "nothing follows the end")
    switch (event.type) {
      case "part_start": {
        const parts = choices.get(event.choice) ?? []
        assert.strictEqual(event.part, parts.length, "parts are dense")
        assert.isFalse(reasons.has(event.choice), "no part begins after the finish")
        parts.push({ value: event.value, text: "", notes: { type: "text", text: "" }, ended: false })
        choices.set(event.choice, parts)
        break
      }
      case "text":
        assert.notStrictEqual(event.text, "")
        assert.isTrue(event.text.isWellFormed(), "no half of a surrogate pair")
        partAt(event).text += event.text
        break
      case "citation":
      case "logprobs": {
        const part = choices.get(event.choice)?.[event.part]
        if (part === undefined) throw new Error("An event belongs to a part that was begun.")
        part.notes = partWithNote(part.notes, event)
        break
      }
      case "arguments":
        assert.notStrictEqual(event.json, "")
        partAt(event).text += event.json
        break
      case "signature":
        partAt(event).signature = event.signature
        break
      case "redacted":
        partAt(event).redacted = event.value
        break
      case "part_end":
        partAt(event).ended = true
        break
      case "usage":
        usage = mergeUsage(usage, event.usage)
        break
      case "finish":
        for (const part of choices.get(event.choice) ?? []) assert.isTrue(part.ended, "parts end before the finish")
        reasons.set(event.choice, event.reason)
        break
      case "start":
        throw new Error("A stream begins once.")
      case "end":
        break
      case "error":
        throw new Error(event.error.message)
    }
  }
  assert.strictEqual(rest.at(-1)?.type, "end")
  return {
    id: start.id,
    model: start.model,
    ...(start.createdAt === undefined ? {} : { createdAt: start.createdAt }),
    choices: inOrder(reasons).map(([choice, stopReason]) => ({
      parts: (choices.get(choice) ?? []).map(finished),
      stopReason
    })),
    ...(usage === undefined ? {} : { usage })
  }
}

const inOrder = <A>(byIndex: ReadonlyMap<number, A>): ReadonlyArray<[number, A]> =>
  [...byIndex].toSorted(([first], [second]) => first - second)

interface Candidate extends JsonObject {
  readonly index?: number
  readonly content?: { readonly parts?: ReadonlyArray<JsonObject> }
}

/**
 * A streamed answer as one, by the rules of Google's SDKs: parts of all chunks one after the other, everything else as
 * the last chunk has it. Texts that follow one another are joined, as every reader of `response.text` does.
 */
export const joinedChunks = (chunks: ReadonlyArray<JsonObject>): JsonObject => {
  const candidates = new Map<number, JsonObject>()
  const parts = new Map<number, Array<JsonObject>>()
  let whole: JsonObject = {}
  for (const chunk of chunks) {
    whole = { ...whole, ...chunk }
    for (const candidate of (chunk["candidates"] ?? []) as ReadonlyArray<Candidate>) {
      const index = candidate.index ?? 0
      const list = parts.get(index) ?? []
      for (const part of candidate.content?.parts ?? []) joinPart(list, part)
      parts.set(index, list)
      candidates.set(index, { ...candidates.get(index), ...candidate, content: { role: "model", parts: list } })
    }
  }
  return { ...whole, candidates: inOrder(candidates).map(([, candidate]) => candidate) }
}

const joinPart = (parts: Array<JsonObject>, part: JsonObject): void => {
  const last = parts.at(-1)
  const { text, thought, thoughtSignature } = part
  const isText = typeof text === "string" && Object.keys(part).every((key) => TEXT_KEYS.has(key))
  const goesOn =
    isText &&
    typeof last?.["text"] === "string" &&
    last["thought"] === thought &&
    last["thoughtSignature"] === undefined
  if (goesOn) parts[parts.length - 1] = { ...last, ...part, text: `${String(last["text"])}${text}` }
  else if (!isText || text !== "" || thoughtSignature !== undefined) parts.push(part)
}

const TEXT_KEYS: ReadonlySet<string> = new Set(["text", "thought", "thoughtSignature"])
