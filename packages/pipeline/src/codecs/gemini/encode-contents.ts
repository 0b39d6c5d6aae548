import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { Message } from "../../canonical/message.ts"
import type { Part, Signature, ToolCallPart } from "../../canonical/part.ts"
import { encodeToolResult, orphanResult, type EncodedResult } from "./encode-tool-result.ts"
import { encodeMedia, keptBesideMedia } from "./media.ts"
import type { ModelFeatures } from "./model-features.ts"
import { systemReminder } from "../system-reminder.ts"
import { argumentsObject } from "../tool-arguments.ts"
import type { WriteToolName } from "./tool-names.ts"

/** A conversation as `systemInstruction.parts` and `contents`. */
export interface EncodedConversation {
  readonly system: ReadonlyArray<JsonObject>
  readonly contents: ReadonlyArray<JsonObject>
}

/**
 * Stands in for the thought signature of a call that Gemini did not make. Source:
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
const SKIP_SIGNATURE = "skip_thought_signature_validator"

/** A turn while it is put together. */
interface Turn {
  readonly role: "user" | "model"
  readonly parts: Array<Record<string, unknown>>
  /** Of a model's turn: its calls, in order, and by their IDs. */
  readonly calls: Array<ToolCallPart>
  readonly callsById: Map<string, ToolCallPart>
  /** Of a user's turn: what the calls of the turn before gave, by their IDs. */
  readonly results: Map<string, EncodedResult>
}

/**
 * Writes a conversation as the API wants it: turns of the user and of the model take turns; each call has one response
 * and all of them begin the next turn, in the order of the calls; the last turn is the user's.
 *
 * System messages at the head become the system instruction. Later ones stay where they are, as a reminder in the user's
 * turn. A conversation of system messages alone becomes the user's.
 */
export const encodeContents = (
  messages: ReadonlyArray<Message>,
  writeName: WriteToolName,
  features: ModelFeatures
): EncodedConversation => {
  const head = messages.findIndex(({ role }) => role !== "system" && role !== "developer")
  const heads = head < 0 ? messages : messages.slice(0, head)
  const system = heads.flatMap(({ parts }) => textParts(parts))
  const turns: Array<Turn> = []
  if (head >= 0) {
    for (const message of messages.slice(head)) addMessage(turns, message, writeName, features)
  }
  dropUnanswered(turns)
  if (features.signedCalls) signCurrentTurn(turns)
  const contents = turns.map((turn, index) => ({ role: turn.role, parts: partsOf(turn, turns[index - 1], writeName) }))
  if (contents.length === 0)
    return { system: [], contents: system.length === 0 ? [] : [{ role: "user", parts: system }] }
  // A call must come after a turn of the user's.
  if (turns[0]?.role === "model") contents.unshift({ role: "user", parts: [{ text: "Continue." }] })
  return { system, contents }
}

const textParts = (parts: ReadonlyArray<Part>): ReadonlyArray<JsonObject> =>
  parts.flatMap((part) => (part.type === "text" && part.text !== "" ? [{ text: part.text }] : []))

const addMessage = (turns: Array<Turn>, message: Message, writeName: WriteToolName, features: ModelFeatures): void => {
  if (message.role === "assistant") {
    const turn = openTurn(turns, "model")
    addModelParts(turn, message.parts, writeName)
    if (turn.parts.length === 0) turns.pop()
    return
  }
  const before = turns.at(-1)?.role === "model" ? turns.at(-1) : turns.at(-2)
  const turn = openTurn(turns, "user")
  if (message.role === "system" || message.role === "developer") {
    for (const part of textParts(message.parts)) turn.parts.push({ text: systemReminder(part["text"] as string) })
  } else for (const part of message.parts) addUserPart(turn, before, part, writeName, features)
  if (turn.parts.length === 0 && turn.results.size === 0) turns.pop()
}

const openTurn = (turns: Array<Turn>, role: Turn["role"]): Turn => {
  const last = turns.at(-1)
  if (last?.role === role) return last
  const turn: Turn = { role, parts: [], calls: [], callsById: new Map(), results: new Map() }
  turns.push(turn)
  return turn
}

const addUserPart = (
  turn: Turn,
  before: Turn | undefined,
  part: Part,
  writeName: WriteToolName,
  features: ModelFeatures
): void => {
  if (part.type !== "tool_result") {
    const encoded = encodePlainPart(part)
    if (encoded !== undefined) turn.parts.push(encoded)
    return
  }
  const call = before?.callsById.get(part.callId)
  if (call === undefined) for (const orphan of orphanResult(part)) turn.parts.push(orphan)
  // The last result of a call is the one that counts.
  else turn.results.set(call.id, encodeToolResult(part, writeName(call.name), features))
}

/** A part that is the same in both roles; `undefined` for what this protocol has no place for. */
const encodePlainPart = (part: Part): Record<string, unknown> | undefined => {
  switch (part.type) {
    case "text":
      return part.text === "" ? undefined : { text: part.text, ...extensionsFor("gemini", part.extensions) }
    case "refusal":
      return part.text === "" ? undefined : { text: part.text }
    case "image":
    case "file":
      return { ...encodeMedia(part), ...keptBesideMedia(part) }
    case "foreign":
      return part.protocol === "gemini" ? { ...part.value } : undefined
    default:
      return undefined
  }
}

/**
 * Adds what a model wrote. Thoughts stay, with the signature if Gemini issued it; those of others are not shown. A
 * signature without words goes on the call right after it, if that has none.
 */
const addModelParts = (turn: Turn, parts: ReadonlyArray<Part>, writeName: WriteToolName): void => {
  let wordless: string | undefined
  const flush = (): void => {
    if (wordless !== undefined) turn.parts.push({ text: "", thoughtSignature: wordless })
    wordless = undefined
  }
  for (const part of parts) {
    if (part.type === "reasoning") {
      flush()
      const signature = ownSignature(part.signature)
      if (part.text === "") wordless = signature
      else turn.parts.push({ text: part.text, thought: true, ...(signature && { thoughtSignature: signature }) })
    } else if (part.type === "tool_call") {
      const own = ownSignature(part.signature)
      const signature = own ?? wordless
      if (own === undefined) wordless = undefined
      flush()
      turn.calls.push(part)
      turn.callsById.set(part.id, part)
      turn.parts.push(encodeCall(part, signature, writeName))
    } else {
      flush()
      const encoded = encodePlainPart(part)
      if (encoded !== undefined) turn.parts.push(encoded)
    }
  }
  flush()
}

const ownSignature = (signature: Signature | undefined): string | undefined =>
  signature?.issuer === "gemini" ? signature.value : undefined

const encodeCall = (
  part: ToolCallPart,
  signature: string | undefined,
  writeName: WriteToolName
): Record<string, unknown> => ({
  functionCall: { id: part.id, name: writeName(part.name), args: argumentsObject(part.arguments) },
  ...(signature && { thoughtSignature: signature }),
  ...extensionsFor("gemini", part.extensions)
})

/** A last turn of the model's, be it calls without results or the beginning of an answer, is refused: it is left out. */
const dropUnanswered = (turns: Array<Turn>): void => {
  if (turns.length > 1 && turns.at(-1)?.role === "model") turns.pop()
}

/**
 * Models that check signatures want one on the first call of each of the model's turns, since the last time that the
 * user said something. Calls that another model made get the documented stand-in.
 */
const signCurrentTurn = (turns: ReadonlyArray<Turn>): void => {
  for (let index = turns.length - 1; index >= 0; index--) {
    const turn = turns[index]
    if (turn === undefined || (turn.role === "user" && (turns[index - 1]?.calls.length ?? 0) === 0)) return
    const call = turn.parts.find((part) => part["functionCall"] !== undefined)
    if (call !== undefined) call["thoughtSignature"] ??= SKIP_SIGNATURE
  }
}

/** The parts of a finished turn: a response to each call of the turn before, then media of results, then the rest. */
const partsOf = (turn: Turn, before: Turn | undefined, writeName: WriteToolName): ReadonlyArray<JsonObject> => {
  const calls = turn.role === "user" ? (before?.calls ?? []) : []
  if (calls.length === 0) return turn.parts
  const results = calls.map(
    ({ id, name }) => turn.results.get(id) ?? { response: emptyResponse(id, writeName(name)), beside: [] }
  )
  return [...results.map(({ response }) => response), ...results.flatMap(({ beside }) => beside), ...turn.parts]
}

/** As many responses as calls are asked for: a call without a result has an empty one. */
const emptyResponse = (id: string, name: string): JsonObject => ({ functionResponse: { id, name, response: {} } })
