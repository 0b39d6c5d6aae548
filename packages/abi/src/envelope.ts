import { encodeJson, parseJson } from "./wire/json-text.ts"
import { jsonTypeOf } from "./wire/wire-kind.ts"

/** Code by which a plugin says that it doesn't know a method. A habit of plugins: hosts read no codes. */
export const UNKNOWN_METHOD = "unknown_method"

/** Code of every error that a host answers to a host call. */
export const HOST_CALL_FAILED = "host_call_failed"

/** Message of an error that came without one. */
const blankMessage = "plugin call failed"

/** The error of an envelope. */
export interface EnvelopeError {
  /** Free text, such as `scheduler_denied`; may be empty. */
  readonly code: string
  /** Text for people: trimmed, never blank. */
  readonly message: string
  readonly retryable: boolean
  /** HTTP status for the client; only when it was above 0. */
  readonly httpStatus?: number
}

/** What an envelope says. */
export type Envelope =
  /** `ok: true`. The result is `undefined` when there was none, or `null`. */
  | { readonly _tag: "Success"; readonly result: unknown }
  /** `ok: false`. `errorGiven` tells an envelope with an `error` object from one without. */
  | { readonly _tag: "Failure"; readonly error: EnvelopeError; readonly errorGiven: boolean }
  /** Not an envelope. The detail says what is wrong and where, and shows no content. */
  | { readonly _tag: "Malformed"; readonly detail: string }

const malformed = (detail: string): Envelope => ({ _tag: "Malformed", detail })

const expected = (what: string, where: string, found: unknown): string =>
  `${where}: expected ${what}, found ${jsonTypeOf(found)}`

/** Reads the `error` object, or says what is wrong with it. */
const readError = (value: object): EnvelopeError | string => {
  let code = ""
  let message = ""
  let retryable = false
  let status = 0
  for (const [key, field] of Object.entries(value)) {
    if (field === null) continue
    switch (key.toLowerCase()) {
      case "code":
        if (typeof field !== "string") return expected("string", "error.code", field)
        code = field
        break
      case "message":
        if (typeof field !== "string") return expected("string", "error.message", field)
        message = field
        break
      case "retryable":
        if (typeof field !== "boolean") return expected("bool", "error.retryable", field)
        retryable = field
        break
      case "http_status":
        if (typeof field !== "number" || !Number.isSafeInteger(field))
          return expected("integer", "error.http_status", field)
        status = field
        break
    }
  }
  const error = { code: code.toWellFormed(), message: message.trim().toWellFormed() || blankMessage, retryable }
  return status > 0 ? { ...error, httpStatus: status } : error
}

/**
 * Reads the answer of a plugin. Never throws.
 *
 * Field names match in any case and the last of several spellings wins; unknown fields are ignored; a field of the
 * wrong type, or anything but white space around the object, makes the whole malformed. `ok: true` wins over an error
 * beside it, and a missing `ok` is a failure. Source: plugin ABI, envelope (`docs/plugin-abi.md`).
 */
export const decodeEnvelope = (bytes: Uint8Array): Envelope => {
  const parsed = parseJson(bytes)
  if (parsed._tag === "NotJson") return malformed(parsed.detail)
  if (typeof parsed.value !== "object" || Array.isArray(parsed.value))
    return malformed(`expected object, found ${jsonTypeOf(parsed.value)}`)
  let ok = false
  let result: unknown
  let error: EnvelopeError | undefined
  for (const [key, field] of Object.entries(parsed.value ?? {})) {
    switch (key.toLowerCase()) {
      case "ok":
        if (field !== null && typeof field !== "boolean") return malformed(expected("bool", "ok", field))
        ok = field ?? false
        break
      case "result":
        result = field ?? undefined
        break
      case "error": {
        if (field !== null && (typeof field !== "object" || Array.isArray(field)))
          return malformed(expected("object", "error", field))
        const read = field === null ? undefined : readError(field)
        if (typeof read === "string") return malformed(read)
        error = read
        break
      }
    }
  }
  if (ok) return { _tag: "Success", result }
  return {
    _tag: "Failure",
    error: error ?? { code: "", message: blankMessage, retryable: false },
    errorGiven: error !== undefined
  }
}

/** The envelope of a host call that went well. `undefined` stands for no data. */
export const encodeSuccess = (result: unknown): Uint8Array => encodeJson({ ok: true, result: result ?? {} })

/**
 * The envelope of a host call that failed. The message is shown to people and must hold no secret. `httpStatus` is what
 * a client would have got for the same thing, where there is one; the reference sends it since schema 2.
 */
export const encodeHostFailure = (message: string, httpStatus?: number): Uint8Array =>
  encodeJson({
    ok: false,
    error: { code: HOST_CALL_FAILED, message, ...(httpStatus === undefined ? {} : { http_status: httpStatus }) }
  })
