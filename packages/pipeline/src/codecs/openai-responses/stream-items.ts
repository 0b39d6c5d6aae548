import type { Citation } from "../../canonical/citation.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { Signature } from "../../canonical/part.ts"
import type { TokenLogprob } from "../../canonical/token-logprob.ts"
import { inputOfArguments, makeInputReader } from "./custom-input.ts"
import {
  argumentsText,
  callItem,
  type CalledTool,
  type ItemStatus,
  reasoningItem,
  summaryPart
} from "./output-items.ts"
import { carryReasoning, carryRedacted } from "./reasoning-carrier.ts"

/** Sends one event. `fields` is JSON text of all but its type and number, beginning with a comma. */
export type SendEvent = (type: string, fields: string) => void

/** An item of a streamed answer, and what its events say. */
export interface StreamItem {
  /** Its `output_index`. */
  readonly index: number
  /** How many of its parts are not ended. */
  openParts: number
  /** Takes another piece of content. Messages only. */
  readonly addContent?: (type: "text" | "refusal") => OpenPart
  /** The item as it begins. */
  readonly started: JsonObject
  /** The item as far as it has come. */
  readonly ended: (status: ItemStatus) => JsonObject
}

/** A part that is open: what its events do. */
export interface OpenPart {
  readonly item: StreamItem
  readonly append: (text: string) => void
  readonly prove: (signature: Signature) => void
  readonly redact: (value: Signature) => void
  /** Texts only; also after their end. */
  readonly cite: (citation: Citation) => void
  /** Tokens of the next piece of text. Texts only; also after their end. */
  readonly tell: (tokens: ReadonlyArray<TokenLogprob>) => void
  readonly end: () => void
}

/** For what a part of the kind does not have. */
export const nothing = (): void => {}

/** Fields that say of which item an event is, beginning with a comma. */
export const place = (item: JsonObject, index: number): string =>
  `,"item_id":${JSON.stringify(item["id"])},"output_index":${index}`

/** A reasoning: one summary, and what proves it or stands in its place. */
export const makeReasoning = (id: string, index: number, send: SendEvent): OpenPart => {
  const started = reasoningItem(id, "", undefined, "in_progress")
  const where = `${place(started, index)},"summary_index":0`
  const beforeDelta = `${where},"delta":`
  let text = ""
  let encrypted: string | undefined
  const item: StreamItem = {
    index,
    openParts: 1,
    started,
    ended: (status) => reasoningItem(id, text, encrypted, status)
  }
  return {
    item,
    append: (delta) => {
      if (text === "") {
        send("response.reasoning_summary_part.added", `${where},"part":${JSON.stringify(summaryPart(""))}`)
      }
      text += delta
      send("response.reasoning_summary_text.delta", beforeDelta + JSON.stringify(delta))
    },
    prove: (signature) => {
      encrypted = carryReasoning(signature)
    },
    redact: (value) => {
      encrypted = carryRedacted(value)
    },
    cite: nothing,
    tell: nothing,
    end: () => {
      item.openParts = 0
      if (text === "") return
      send("response.reasoning_summary_text.done", `${where},"text":${JSON.stringify(text)}`)
      send("response.reasoning_summary_part.done", `${where},"part":${JSON.stringify(summaryPart(text))}`)
    }
  }
}

/** A call of a function. `prove` gets its signature when that comes late. */
export const makeCall = (
  id: string,
  index: number,
  tool: CalledTool,
  send: SendEvent,
  prove: (signature: Signature) => void
): OpenPart => {
  const started = callItem(id, tool, "", "in_progress")
  const where = place(started, index)
  const beforeDelta = `${where},"delta":`
  let passed = ""
  const item: StreamItem = {
    index,
    openParts: 1,
    started,
    ended: (status) => callItem(id, tool, passed, status)
  }
  const append = (delta: string): void => {
    passed += delta
    send("response.function_call_arguments.delta", beforeDelta + JSON.stringify(delta))
  }
  return {
    item,
    append,
    prove,
    redact: nothing,
    cite: nothing,
    tell: nothing,
    end: () => {
      item.openParts = 0
      if (passed.trim() === "") append(argumentsText(""))
      send(
        "response.function_call_arguments.done",
        `${where},"name":${JSON.stringify(started["name"])},"arguments":${JSON.stringify(passed)}`
      )
    }
  }
}

/** A call of a custom tool. Its text is sent as the model writes it inside the JSON of the function's arguments. */
export const makeCustomCall = (
  id: string,
  index: number,
  tool: CalledTool,
  send: SendEvent,
  prove: (signature: Signature) => void
): OpenPart => {
  const started = callItem(id, tool, "", "in_progress")
  const where = place(started, index)
  const beforeDelta = `${where},"delta":`
  const reader = makeInputReader()
  let json = ""
  let sent = ""
  const item: StreamItem = {
    index,
    openParts: 1,
    started,
    ended: (status) => callItem(id, tool, inputOfArguments(json), status)
  }
  const tell = (text: string): void => {
    if (text === "") return
    sent += text
    send("response.custom_tool_call_input.delta", beforeDelta + JSON.stringify(text))
  }
  return {
    item,
    append: (delta) => {
      json += delta
      tell(reader.push(delta))
    },
    prove,
    redact: nothing,
    cite: nothing,
    tell: nothing,
    end: () => {
      item.openParts = 0
      const input = inputOfArguments(json)
      if (input.startsWith(sent)) tell(input.slice(sent.length))
      send("response.custom_tool_call_input.done", `${where},"input":${JSON.stringify(input)}`)
    }
  }
}
