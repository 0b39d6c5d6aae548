import { assert } from "@effect/vitest"

import type { Streamed, Wire } from "./exchange.ts"

// What the person at a client sees of a stream, and that the stream is one.

/** For a client of Claude: blocks one after another, counted from 0; the stop reason and the usage at the end. */
export const seenByClaude = ({ events, fault, names }: Streamed): Wire => {
  const blocks: Array<Wire> = []
  let open: Wire
  let stop: unknown
  let usage: Wire
  let json = ""
  events.forEach((event, index) => {
    assert.strictEqual(names[index], event.type, "events are named by their type")
    switch (event.type) {
      case "content_block_start":
        assert.isUndefined(open, "one block is open at a time")
        assert.strictEqual(event.index, blocks.length, "blocks are counted without a gap")
        open = { ...event.content_block }
        json = ""
        blocks.push(open)
        break
      case "content_block_delta": {
        assert.isDefined(open, "a delta has a block")
        assert.strictEqual(event.index, blocks.length - 1)
        const { partial_json: partial = "", signature, text = "", thinking = "" } = event.delta
        if (open.type === "text") open.text += text
        if (open.type === "thinking") open.thinking += thinking
        if (signature !== undefined) open.signature = signature
        json += partial
        break
      }
      case "content_block_stop":
        assert.strictEqual(event.index, blocks.length - 1)
        if (open.type === "tool_use") open.input = JSON.parse(json === "" ? "{}" : json)
        open = undefined
        break
      case "message_delta":
        stop = event.delta.stop_reason
        usage = event.usage
        break
      default:
    }
  })
  if (fault === undefined) {
    assert.deepStrictEqual([names[0], names.at(-1)], ["message_start", "message_stop"])
    assert.strictEqual(names.filter((name) => name === "message_stop").length, 1)
  }
  return { blocks, stop, usage, fault }
}

/** For a client of chat completions: the role once and first, calls counted from 0, one finish reason, `[DONE]`. */
export const seenByChat = ({ events, fault }: Streamed): Wire => {
  const calls: Array<Wire> = []
  const finishes: Array<string> = []
  let content = ""
  let thought = ""
  let usage: Wire
  let roles = 0
  const chunks = events.filter((event) => event !== "[DONE]")
  chunks.forEach((event, at) => {
    usage = event.usage ?? usage
    const [choice] = event.choices
    if (choice === undefined || choice.index !== 0) return
    const { delta } = choice
    if (delta.role !== undefined) {
      roles++
      assert.strictEqual(at, 0, "the role is in the first chunk")
    }
    content += delta.content ?? ""
    thought += delta.reasoning_content ?? ""
    for (const { function: called, id, index } of delta.tool_calls ?? []) {
      if (calls[index] === undefined) {
        assert.strictEqual(index, calls.length, "calls are counted without a gap")
        calls.push({ id, name: called.name, arguments: "" })
      }
      calls[index].arguments += called?.arguments ?? ""
    }
    if (choice.finish_reason !== null) finishes.push(choice.finish_reason)
  })
  if (fault === undefined) {
    assert.strictEqual(roles, 1)
    assert.strictEqual(finishes.length, 1)
    assert.strictEqual(events.at(-1), "[DONE]")
  }
  return { content, thought, calls, finish: finishes[0], usage, fault }
}

/** For a client of the Responses API: numbers that rise, each item added and done once, one last event. */
export const seenByResponses = ({ events, fault, names }: Streamed): Wire => {
  const added: Array<number> = []
  const done: Array<number> = []
  events.forEach((event, index) => {
    assert.strictEqual(names[index], event.type)
    assert.strictEqual(event.sequence_number, index, "numbers rise one by one")
    if (event.type === "response.output_item.added") added.push(event.output_index)
    if (event.type === "response.output_item.done") done.push(event.output_index)
  })
  const last = events.at(-1)
  if (fault === undefined) {
    assert.match(last.type, /^response\.(?:completed|incomplete)$/)
    assert.strictEqual(names.filter((name) => /^response\.(?:completed|incomplete|failed)$/.test(name)).length, 1)
    assert.deepStrictEqual(added, [...added.keys()], "items begin in their order")
    assert.deepStrictEqual(
      done.toSorted((a, b) => a - b),
      added,
      "each item is done once"
    )
  }
  return { ...responseSeen(last?.response ?? {}), fault }
}

/** What a response says, without its IDs. */
export const responseSeen = ({ incomplete_details: incomplete, output = [], status, usage }: Wire): Wire => ({
  output: output.map((item: Wire) => outputSeen(item)),
  status,
  reason: incomplete?.reason,
  usage
})

const outputSeen = (item: Wire): Wire => {
  switch (item.type) {
    case "message":
      return item.content.map((part: Wire) => part.text ?? part.refusal).join("|")
    case "reasoning":
      return { thought: item.summary.map((part: Wire) => part.text).join("|") }
    case "function_call":
      return { call: item.call_id, name: item.name, arguments: item.arguments, namespace: item.namespace }
    case "custom_tool_call":
      return { custom: item.call_id, name: item.name, input: item.input }
    default:
      return item
  }
}

/** For a client of Gemini: texts put together, calls as they are, and the last word of the last chunk. */
export const seenByGemini = ({ events, fault }: Streamed): Wire => {
  let text = ""
  let thought = ""
  const calls: Array<Wire> = []
  for (const event of events) {
    const [candidate] = event.candidates ?? []
    for (const part of candidate?.content?.parts ?? []) {
      if (part.functionCall !== undefined) calls.push(part.functionCall)
      else if (part.thought === true) thought += part.text
      else text += part.text ?? ""
    }
    if (event !== events.at(-1)) assert.isUndefined(candidate?.finishReason, "only the last chunk has a finish reason")
  }
  const last = events.at(-1)
  return { text, thought, calls, finish: last?.candidates?.[0]?.finishReason, usage: last?.usageMetadata, fault }
}
