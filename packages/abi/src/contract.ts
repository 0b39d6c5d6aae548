import { Result, Schema } from "effect"
import type { HostMethod, PluginMethod } from "./methods.ts"
import { describeIssue, WireError } from "./wire-error.ts"
import { encodeJson, encodeJsonText, parseJson } from "./wire/json-text.ts"
import type { WireKind } from "./wire/wire-kind.ts"

/**
 * What is said in one method: the shapes of request and result, and functions that read and write them.
 *
 * Writers throw `WireError` when they get a value that its type forbids, such as a fraction for an integer.
 * Readers never throw.
 */
export interface Contract<Method extends PluginMethod | HostMethod, Request, Answer> {
  readonly method: Method
  readonly request: WireKind<Request>
  readonly result: WireKind<Answer>
  /** The request as compact JSON in UTF-8. */
  readonly encodeRequest: (request: Request) => Uint8Array
  /** Reads a request that is already parsed from JSON. */
  readonly decodeRequest: (value: unknown) => Result.Result<Request, WireError>
  /** Reads a request from its bytes, as a host call brings it. */
  readonly parseRequest: (bytes: Uint8Array) => Result.Result<Request, WireError>
  /** The result as a JSON value, ready for `encodeSuccess`. */
  readonly encodeResult: (result: Answer) => unknown
  /** Reads an envelope's `result`; `undefined` and `null` give the zero value. */
  readonly decodeResult: (value: unknown) => Result.Result<Answer, WireError>
}

/** Makes the contract of a method from the shapes of its request and result. */
export const contract = <const Method extends PluginMethod | HostMethod, Request, Answer>(
  method: Method,
  shapes: {
    readonly request: WireKind<Request>
    readonly result: WireKind<Answer>
    /** No bytes at all stand for the zero value of the request. */
    readonly emptyRequest?: true
    /** The request as JSON text, for hot paths: what `request` writes, byte for byte. Throws when it does. */
    readonly requestText?: (request: Request) => string
  }
): Contract<Method, Request, Answer> => {
  const reader = <T>(part: "request" | "result", kind: WireKind<T>) => {
    const decode = Schema.decodeUnknownResult(kind)
    return (value: unknown): Result.Result<T, WireError> =>
      Result.mapError(
        decode(value ?? null),
        (error) => new WireError({ method, part, detail: describeIssue(error.issue) })
      )
  }
  const writer = <T>(part: "request" | "result", kind: WireKind<T>) => {
    const encode = Schema.encodeResult(kind)
    return (value: T): unknown => {
      try {
        return kind.toWire(value)
      } catch (cause) {
        // The schema finds the same fault again, and knows its place.
        const encoded = encode(value)
        const detail = Result.isFailure(encoded) ? describeIssue(encoded.failure.issue) : String(cause)
        throw new WireError({ method, part, detail })
      }
    }
  }
  const decodeRequest = reader("request", shapes.request)
  const writeRequest = writer("request", shapes.request)
  const { requestText } = shapes
  const encodeRequest = (request: Request): Uint8Array => encodeJson(writeRequest(request))
  return {
    method,
    request: shapes.request,
    result: shapes.result,
    encodeRequest:
      requestText === undefined
        ? encodeRequest
        : (request) => {
            try {
              return encodeJsonText(requestText(request))
            } catch {
              // The other writer finds the same fault again, and knows its place.
              return encodeRequest(request)
            }
          },
    decodeRequest,
    parseRequest: (bytes) => {
      if (bytes.length === 0 && shapes.emptyRequest === true) return decodeRequest(null)
      const parsed = parseJson(bytes)
      return parsed._tag === "Parsed"
        ? decodeRequest(parsed.value)
        : Result.fail(new WireError({ method, part: "request", detail: parsed.detail }))
    },
    encodeResult: writer("result", shapes.result),
    decodeResult: reader("result", shapes.result)
  }
}
