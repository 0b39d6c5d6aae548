import { type BrotliOptions, brotliDecompressSync, gunzipSync, inflateSync, type ZlibOptions } from "node:zlib"

import { ProviderRefused } from "../failover/attempt-failure.ts"
import type { StreamError } from "../canonical/stream-event.ts"
import type { ProviderErrorFields } from "../codecs/codec.ts"
import { isObject, parseJson as parse } from "../codecs/json-fields.ts"
import type { Redact } from "../credentials/redact-secrets.ts"

/** Characters of a body that is not JSON which are shown to the client: a proxy's error page helps nobody in full. */
const PLAIN_TEXT_LIMIT = 300

/** Characters of a body that nobody can read which operators' rules can look at. */
const RULED_TEXT_LIMIT = 64 * 1024

/** Reads a protocol's words for an error; `undefined` for a body that is not in them. */
export type DecodeError = (json: unknown) => ProviderErrorFields | undefined

/** What an error answer says about the limit that was met, as fields of a refusal. */
export type StatedLimit = Pick<ProviderRefused, "retryAfterMs" | "scope" | "challenged">

/** One provider's error answer. */
export interface ErrorAnswer {
  /** As the provider sent it: one of an error, or a redirect, which is not followed. */
  readonly status: number
  /** The body as far as it was read. */
  readonly body: string
  readonly decode: DecodeError
  /** What headers and body say about the limit that was met; asked with the body's JSON. */
  readonly limit?: ((json: unknown) => StatedLimit) | undefined
  /** Takes the credential's secrets out of every text. */
  readonly redact: Redact
}

/**
 * Reads an error answer: in the words of the provider's protocol, else `{"error": "text"}`, and `message` or `detail` at
 * the top. Anything else is quoted, and kept for the operator's rules.
 */
export const readErrorAnswer = ({ status, body, decode, limit, redact }: ErrorAnswer): ProviderRefused => {
  const json = parse(body)
  const error = decode(json) ?? plainError(json)
  const text = (value: string | undefined): string | null =>
    value === undefined || value === "" ? null : redact(value)
  const message = text(error?.message)
  // What is not JSON may have been cut; and cutting it may leave a part of a secret that nobody recognises.
  const plain = message === null ? redact(body, json === undefined) : ""
  return new ProviderRefused({
    status: isRedirect(status) ? 502 : status,
    message: message ?? plainMessage(status, error === undefined ? plain : ""),
    type: text(error?.type),
    code: text(error?.code),
    param: text(error?.param),
    ...(plain === "" ? {} : { body: plain.slice(0, RULED_TEXT_LIMIT) }),
    ...limit?.(json)
  })
}

/** Unpacks a whole body; more than a message needs is not unpacked. */
type Unpack = (bytes: Buffer) => Buffer

const UNPACKED: ZlibOptions & BrotliOptions = { maxOutputLength: 1024 * 1024 }

const unpackerOf = (encoding: string): Unpack | undefined => {
  switch (encoding) {
    case "":
    case "identity":
      return (bytes) => bytes
    case "gzip":
    case "x-gzip":
      return (bytes) => gunzipSync(bytes, UNPACKED)
    case "deflate":
      return (bytes) => inflateSync(bytes, UNPACKED)
    case "br":
      return (bytes) => brotliDecompressSync(bytes, UNPACKED)
    default:
      return undefined
  }
}

/**
 * The text of an error answer's body, at most `limit` bytes of it. Nobody has asked for an encoding; some proxies use
 * one nevertheless. Nothing of a body that cannot be unpacked.
 */
export const errorText = (body: Buffer, encoding: string, limit: number): string => {
  try {
    return unpackerOf(encoding.trim().toLowerCase())?.(body).toString("utf8", 0, limit) ?? ""
  } catch {
    return ""
  }
}

/** Fields that an answer has and an error does not, whatever else it holds. */
const ANSWER_FIELDS = ["choices", "candidates", "content", "data"]

/**
 * The error inside an answer that calls itself a success: a JSON object, or a list of one, with `error` and without an
 * answer, or one that its protocol knows for an error. `undefined` when the text is no such thing. `parsed` is the text's
 * value, if it is known.
 */
export const readHiddenError = (
  text: string,
  decode: DecodeError,
  redact: Redact,
  parsed?: unknown
): StreamError | undefined => {
  if (parsed === undefined && !text.includes('"error"')) return undefined
  const whole: unknown = parsed ?? parse(text)
  const json: unknown = Array.isArray(whole) ? whole[0] : whole
  if (!isObject(json)) return undefined
  const isNamed = json["error"] !== null && json["error"] !== undefined
  const isAnswer = ANSWER_FIELDS.some((field) => json[field] !== undefined && json[field] !== null)
  const decoded = decode(json)
  // An answer may hold its error where only its protocol knows: OpenRouter has it in the choice.
  if (isAnswer ? isNamed || decoded === undefined : !isNamed && decoded === undefined) return undefined
  const named = [decoded?.status, ...(isObject(json["error"]) ? [json["error"]["code"]] : []), json["status"]]
  const status = named.map(Number).find((value) => Number.isInteger(value) && value >= 400 && value <= 599) ?? 502
  const { code, message, type } = readErrorAnswer({ status, body: text, decode, redact })
  return { status, message, type, code }
}

const plainError = (json: unknown): Partial<ProviderErrorFields> | undefined => {
  if (!isObject(json)) return undefined
  const { detail, error, message } = json
  const text = [error, detail, message].find((value) => typeof value === "string" && value !== "")
  return typeof text === "string" ? { message: text } : {}
}

/** The key must not go to where a redirect leads. */
const isRedirect = (status: number): boolean => status < 400

const plainMessage = (status: number, body: string): string => {
  if (isRedirect(status)) {
    return `The provider redirects requests (HTTP ${status}), which is not followed: its base URL is another one.`
  }
  const line = body.trimStart().startsWith("<") ? "" : body.replaceAll(/\s+/g, " ").trim().slice(0, PLAIN_TEXT_LIMIT)
  return line === ""
    ? `The provider answered with HTTP ${status}.`
    : `The provider answered with HTTP ${status}: ${line}`
}
