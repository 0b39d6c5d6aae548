import { StringDecoder } from "node:string_decoder"

import type { ProtocolName } from "../canonical/extensions.ts"
import { parseExact } from "../codecs/exact-json.ts"
import { isObject } from "../codecs/json-fields.ts"
import { MAX_EVENT_CHARACTERS } from "../wire/sse-events.ts"
import type { AnswerReading, WholeRead } from "./answer-reading.ts"
import { type StreamFault, type StreamPassage, TOO_LARGE } from "./stream-passage.ts"

/**
 * The same reading, with answers that call the model by `name`, whatever the provider calls it: for models whose
 * configuration forces their alias. `protocol` is the one that the reading's answers are in.
 */
export const withModelName = (reading: AnswerReading, protocol: ProtocolName, name: string): AnswerReading => ({
  ...reading,
  whole: (body, asStream, redact) => {
    const read = reading.whole(body, asStream, redact)
    return "fault" in read ? read : { ...read, body: renamedBody(read, protocol, name) }
  },
  stream: () => renamedPassage(reading.stream(), protocol, name)
})

/** Where a protocol's whole answer, and an event of its stream, has the model's name. Outer names first. */
interface NamePaths {
  readonly whole: ReadonlyArray<string>
  readonly event: ReadonlyArray<string>
}

const PATHS: Readonly<Record<ProtocolName, NamePaths>> = {
  openai: { whole: ["model"], event: ["model"] },
  "openai-response": { whole: ["model"], event: ["response", "model"] },
  claude: { whole: ["model"], event: ["message", "model"] },
  gemini: { whole: ["modelVersion"], event: ["modelVersion"] }
}

const renamedBody = (
  { body, kind }: Exclude<WholeRead, { readonly fault: unknown }>,
  protocol: ProtocolName,
  name: string
): Buffer => {
  if (kind === "whole") return Buffer.from(renamedJson(body.toString(), PATHS[protocol].whole, name))
  const lines = renameLines(protocol, name)
  return Buffer.from(lines.push(body) + lines.end())
}

const renamedPassage = (passage: StreamPassage, protocol: ProtocolName, name: string): StreamPassage => {
  const lines = renameLines(protocol, name)
  let tooLarge: StreamFault | undefined
  return {
    ...passage,
    push: (chunk) => {
      const passed = passage.push(chunk)
      if (passed === undefined || tooLarge !== undefined) return undefined
      const renamed = bytesOf(lines.push(passed))
      if (lines.pending() > MAX_EVENT_CHARACTERS) tooLarge = TOO_LARGE
      return renamed
    },
    end: () => {
      const passed = passage.end()
      // Half a line before the error would be half an event.
      if (passage.fault() !== undefined) return passed
      if (tooLarge !== undefined) return undefined
      return bytesOf((passed === undefined ? "" : lines.push(passed)) + lines.end())
    },
    fault: () => passage.fault() ?? tooLarge
  }
}

const bytesOf = (text: string): Buffer | undefined => (text === "" ? undefined : Buffer.from(text))

/** Rewrites the data lines of an event stream (WHATWG HTML, 9.2.5) and leaves all others as they are. */
const renameLines = (protocol: ProtocolName, name: string) => {
  const path = PATHS[protocol].event
  // A chunk may end in the middle of a character.
  const decoder = new StringDecoder("utf8")
  /** The line that is not complete yet. */
  let held = ""
  const renamed = (line: string): string => {
    const [lead = ""] = /^data: ?/.exec(line) ?? []
    return lead === "" ? line : lead + renamedJson(line.slice(lead.length), path, name)
  }
  return {
    push: (chunk: Buffer): string => {
      // Only what is new is searched: a line may come in very many pieces.
      const text = decoder.write(chunk)
      let out = ""
      let from = 0
      for (const { 0: lineEnd, index } of text.matchAll(LINE_END)) {
        out += renamed(held + text.slice(from, index)) + lineEnd
        held = ""
        from = index + lineEnd.length
      }
      held += text.slice(from)
      return out
    },
    pending: (): number => held.length,
    end: (): string => {
      const rest = held + decoder.end()
      held = ""
      return renamed(rest)
    }
  }
}

/** A CR at the very end may be half of a CRLF; which makes no difference to lines that are put together again. */
const LINE_END = /\r\n|\n|\r/g

const renamedJson = (text: string, path: ReadonlyArray<string>, name: string): string => {
  const key = path.at(-1) ?? ""
  // Most events of a stream do not name the model: they need not be read.
  if (!text.includes(`"${key}"`)) return text
  const json = parseExact(text)
  let owner: unknown = json
  for (const step of path.slice(0, -1)) owner = isObject(owner) ? owner[step] : undefined
  if (!isObject(owner) || typeof owner[key] !== "string") return text
  return JSON.stringify(replaced(json, path, name))
}

/** The same JSON with another text at a path, its fields in the order that they had. */
const replaced = (json: unknown, [step = "", ...rest]: ReadonlyArray<string>, name: string): unknown =>
  isObject(json) ? { ...json, [step]: rest.length === 0 ? name : replaced(json[step], rest, name) } : json
