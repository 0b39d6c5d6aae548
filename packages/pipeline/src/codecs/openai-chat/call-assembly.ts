import type { Signature } from "../../canonical/part.ts"
import type { JsonObject } from "../../canonical/json.ts"
import { isObject, numberOr, objectOr, parseJson, textOr } from "../json-fields.ts"
import { callSignature } from "./tool-call-fields.ts"

/** A tool call of which the pieces are coming in. */
export interface CallInProgress {
  /** The provider's index; `undefined` when it gives none. */
  readonly index: number | undefined
  id: string
  name: string
  signature: Signature | undefined
  /** Arguments that cannot be told yet, since the ID or the name is not known. */
  waiting: string
  /** All of the arguments so far. */
  json: string
  /** The delta that last had a piece of it. */
  delta: number
  /** Index of the part, once it has begun; -1 before. */
  part: number
  held: string
}

/** A piece of a tool call. */
export interface CallPiece {
  readonly call: CallInProgress
  readonly json: string
  /** Whether the piece brought the signature. */
  readonly signed: boolean
}

/**
 * Finds, or begins, the call that an entry of `delta.tool_calls` is a piece of, and takes ID and name from it.
 *
 * By the reference entries go by `index`, and only the first has ID and name. Servers leave the index out, or give
 * all calls the same; send the ID or the name late, or again and again, or as null. So a call goes by index, unless a
 * new ID, or a new beginning, comes with a name; else by ID; and else to the latest call, unless a name comes when that
 * has all it needs.
 */
export const takeCallPiece = (calls: Array<CallInProgress>, value: unknown, delta: number): CallPiece => {
  const entry = objectOr(value)
  const inner = objectOr(entry["function"])
  const id = textOr(entry["id"])
  const name = textOr(inner["name"])
  const index = numberOr(entry["index"])
  const json = argumentsText(inner["arguments"])
  let call = findCall(calls, { index, id, name, json, delta })
  if (call === undefined) calls.push((call = newCall(index)))
  if (call.id === "") call.id = id
  if (call.name === "") call.name = name
  call.delta = delta
  call.json += json
  const signature = entry["extra_content"] === undefined ? undefined : callSignature(entry)
  if (signature !== undefined) call.signature = signature
  return { call, json, signed: signature !== undefined }
}

const newCall = (index: number | undefined): CallInProgress => ({
  index,
  id: "",
  name: "",
  signature: undefined,
  waiting: "",
  json: "",
  delta: -1,
  part: -1,
  held: ""
})

interface PieceKey {
  readonly index: number | undefined
  readonly id: string
  readonly name: string
  /** The piece of the arguments. */
  readonly json: string
  readonly delta: number
}

const findCall = (calls: ReadonlyArray<CallInProgress>, key: PieceKey): CallInProgress | undefined => {
  const { index, id, name, delta } = key
  if (index !== undefined) {
    const found = calls.findLast((call) => call.index === index)
    return found !== undefined && isAnother(found, key) ? undefined : found
  }
  const latest = calls.at(-1)
  if (id !== "") {
    const found = calls.findLast((call) => call.id === id)
    if (found !== undefined) return found
    return latest?.id === "" && (name === "" || name === latest.name) ? latest : undefined
  }
  if (latest === undefined || name === "" || latest.name === "") return latest
  return latest.json !== "" || latest.delta === delta ? undefined : latest
}

/** Whether a piece with the index of a call begins another: its ID is new, or it begins arguments anew where they were whole. */
const isAnother = (found: CallInProgress, { id, json, name }: PieceKey): boolean => {
  if (name === "" || found.name === "") return false
  if (id !== "" && found.id !== "") return found.id !== id
  return json.startsWith("{") && isObject(parseJson(found.json))
}

const argumentsText = (value: unknown): string => (isObject(value) ? JSON.stringify(value) : textOr(value))

/** `delta.function_call`, the older form of the one call of an answer, as an entry of `tool_calls`. */
export const olderCallEntry = (call: JsonObject, id: string): JsonObject => ({ index: 0, id, function: call })

/** The calls that have a name and have not begun, in the provider's order. Those without a name call nothing. */
export const belatedCalls = (calls: ReadonlyArray<CallInProgress>): ReadonlyArray<CallInProgress> =>
  calls.filter((call) => call.part === -1 && call.name !== "").toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0))
