import { createHash } from "node:crypto"

import { isObject, parseJson } from "../codecs/json-fields.ts"
import type { ClientRequest } from "../gateway.ts"
import { openingTexts } from "./opening-texts.ts"

/** What a request tells its session by. */
export type Asked = Pick<ClientRequest, "headers" | "json" | "principal">

/** A place where clients name their conversation. Gives the empty text when it is not used. */
type Source = (request: Asked) => string

const header =
  (name: string): Source =>
  ({ headers }) =>
    headers[name]?.[0]?.trim() ?? ""

const textOf = (value: unknown): string => (typeof value === "string" ? value.trim() : "")

const field =
  (name: string): Source =>
  ({ json }) =>
    textOf(json[name])

const userId: Source = ({ json }) => (isObject(json["metadata"]) ? textOf(json["metadata"]["user_id"]) : "")

/** Coding agents put their session into the user: `user_..._session_<id>`, or JSON with a `session_id`. */
const sessionOfUser: Source = (request) => {
  const user = userId(request)
  if (user.startsWith("{")) {
    const parsed = parseJson(user)
    return isObject(parsed) ? textOf(parsed["session_id"]) : ""
  }
  return /_session_([\w-]+)$/.exec(user)?.[1] ?? ""
}

/** OpenAI's Responses API: an ID, or an object with one. */
const conversation: Source = ({ json }) =>
  isObject(json["conversation"]) ? textOf(json["conversation"]["id"]) : textOf(json["conversation"])

/** Names that are made up for one session: they mean the same whoever sends them. In the order in which they are asked. */
const OWN_NAMES: ReadonlyArray<Source> = [
  header("X-Claude-Code-Session-Id"),
  sessionOfUser,
  header("Session-Id"),
  header("Session_id"),
  header("X-Session-Id"),
  header("X-Session-Affinity"),
  header("X-Client-Request-Id"),
  field("session_id"),
  field("sessionId")
]

/** What clients may choose as they like, and at last how the conversation began: it counts for one client each. */
const CHOSEN_NAMES: ReadonlyArray<Source> = [
  field("prompt_cache_key"),
  conversation,
  userId,
  field("conversation_id"),
  ({ json }) => openingTexts(json)
]

/**
 * What tells the session of a request from all others; `undefined` for a request that has nothing to tell it by. A hash:
 * what clients and their users write does not get out.
 */
export const sessionKey = (request: Asked): string | undefined => {
  const own = firstOf(OWN_NAMES, request)
  if (own !== undefined) return keyOf(own)
  const chosen = firstOf(CHOSEN_NAMES, request)
  return chosen === undefined ? undefined : keyOf([...chosen, request.principal ?? ""])
}

/** The first source that is used, by its place, and what it says. */
const firstOf = (sources: ReadonlyArray<Source>, request: Asked): readonly [number, string] | undefined => {
  for (const [index, source] of sources.entries()) {
    const value = source(request)
    if (value !== "") return [index, value]
  }
  return undefined
}

const keyOf = (told: ReadonlyArray<string | number>): string =>
  createHash("sha256").update(JSON.stringify(told)).digest("base64url").slice(0, 24)
