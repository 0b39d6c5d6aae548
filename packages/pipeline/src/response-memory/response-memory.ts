import { Result } from "effect"

import type { JsonObject } from "../canonical/json.ts"
import { isObject, listOr, textOr } from "../codecs/json-fields.ts"
import { InvalidRequest } from "../gateway-error.ts"

/** How much is remembered, and for how long. */
export interface MemoryLimits {
  /** Most bytes, by the size of the JSON. What was longest unused goes first. 0 remembers nothing. */
  readonly maxBytes: number
  /** Milliseconds after which an answer is forgotten. */
  readonly ttlMs: number
}

/** What is remembered when nobody says otherwise. */
export const DEFAULT_MEMORY: MemoryLimits = { maxBytes: 64 * 1024 * 1024, ttlMs: 3_600_000 }

/**
 * Answers of the Responses API that later requests refer to, in memory. The same client alone finds them again.
 * Source: https://platform.openai.com/docs/guides/conversation-state.
 */
export interface ResponseMemory {
  /**
   * A request with what it refers to in place: the conversation of `previous_response_id` before its own input, and items
   * where it only names them, once each. Items that are not known stay as they are; an answer that is not known fails
   * with 400, as OpenAI's API does. The same object when it refers to nothing.
   */
  readonly resolve: (json: JsonObject, client: string) => Result.Result<JsonObject, InvalidRequest>
  /** Remembers an answer, `bytes` long, to a resolved request. */
  readonly remember: (request: JsonObject, response: JsonObject, bytes: number, client: string) => void
  readonly setLimits: (limits: MemoryLimits) => void
  /** Bytes that are remembered. */
  readonly size: () => number
}

/** What is known of an answer. Its items are known as long as it is. */
interface Kept {
  /** The conversation up to it. */
  readonly conversation: ReadonlyArray<unknown>
  /** Of the items that it brought. */
  readonly itemKeys: ReadonlyArray<string>
  readonly bytes: number
  /** Unix milliseconds. */
  readonly until: number
}

/** An item, and the key of the answer that brought it. */
interface KeptItem {
  readonly item: unknown
  readonly answer: string
}

/** Begins without anything. `now` gives Unix milliseconds. */
export const makeResponseMemory = (now: () => number): ResponseMemory => {
  /** Answers by client and ID, the longest unused first. */
  const kept = new Map<string, Kept>()
  /** By client and ID. */
  const items = new Map<string, KeptItem>()
  let limits: MemoryLimits = { maxBytes: 0, ttlMs: 0 }
  let size = 0

  const drop = (key: string, { bytes, itemKeys }: Kept): void => {
    kept.delete(key)
    size -= bytes
    // Another answer may have brought an item of the same ID since.
    for (const itemKey of itemKeys) if (items.get(itemKey)?.answer === key) items.delete(itemKey)
  }

  const find = (key: string): Kept | undefined => {
    const found = kept.get(key)
    if (found === undefined) return undefined
    if (found.until <= now()) {
      drop(key, found)
      return undefined
    }
    kept.delete(key)
    kept.set(key, found)
    return found
  }

  const shrink = (): void => {
    for (const [key, one] of kept) {
      if (size <= limits.maxBytes) return
      drop(key, one)
    }
  }

  /** Puts an item in place of its name. `named` are those that are in place: one item could else be made very many. */
  const itemOf = (value: unknown, client: string, named: Set<string>): unknown => {
    if (!isObject(value) || !isReference(value)) return value
    const key = keyOf(client, textOr(value["id"]))
    const known = named.has(key) ? undefined : items.get(key)
    if (known === undefined || find(known.answer) === undefined) return value
    named.add(key)
    return known.item
  }

  return {
    resolve: (json, client) => {
      const previous = textOr(json["previous_response_id"])
      const before = previous === "" ? undefined : find(keyOf(client, previous))
      if (previous !== "" && before === undefined) return Result.fail(notFound(previous))
      const input = json["input"]
      const refers = Array.isArray(input) && input.some((item) => isObject(item) && isReference(item))
      if (before === undefined && !refers) return Result.succeed(json)
      const { previous_response_id: _, ...others } = json
      const named = new Set<string>()
      const own = inputItems(input).map((item) => itemOf(item, client, named))
      return Result.succeed({ ...others, input: [...(before?.conversation ?? []), ...own] })
    },
    remember: (request, response, bytes, client) => {
      const id = textOr(response["id"])
      const output = listOr(response["output"])
      if (limits.maxBytes <= 0 || id === "") return
      const key = keyOf(client, id)
      const old = kept.get(key)
      if (old !== undefined) drop(key, old)
      const itemKeys: Array<string> = []
      for (const item of output) {
        if (!isObject(item) || typeof item["id"] !== "string") continue
        const itemKey = keyOf(client, item["id"])
        items.set(itemKey, { item, answer: key })
        itemKeys.push(itemKey)
      }
      const conversation = [...inputItems(request["input"]), ...output]
      kept.set(key, { conversation, itemKeys, bytes, until: now() + limits.ttlMs })
      size += bytes
      shrink()
    },
    setLimits: (next) => {
      limits = next
      shrink()
    },
    size: () => size
  }
}

const keyOf = (client: string, id: string): string => `${client}\n${id}`

/** The type may be left out. Source: OpenAI API reference, responses, `ItemReference`. */
const isReference = (item: JsonObject): boolean =>
  item["type"] === "item_reference" ||
  (item["type"] === undefined && item["role"] === undefined && typeof item["id"] === "string")

/** A text is short for one message of the user. */
const inputItems = (input: unknown): ReadonlyArray<unknown> =>
  typeof input === "string" ? [{ role: "user", content: input }] : listOr(input)

const notFound = (id: string): InvalidRequest =>
  new InvalidRequest({
    message:
      `Previous response with id '${id}' not found. Answers are kept in memory for a while only; ` +
      `send the whole conversation as \`input\` instead.`,
    status: 400,
    code: "previous_response_not_found",
    param: "previous_response_id"
  })
