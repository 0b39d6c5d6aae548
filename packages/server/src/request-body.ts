import { isUtf8 } from "node:buffer"
import type { IncomingMessage, ServerResponse } from "node:http"
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from "node:zlib"

import { Effect } from "effect"

import { findJsonSyntaxError } from "./json-syntax.ts"
import { invalidRequest } from "./error-answer.ts"
import { Rejected } from "./rejected.ts"

/** A request's body: the bytes with their `content-encoding` undone, and the JSON object in them. */
export interface JsonBody {
  readonly bytes: Uint8Array
  readonly json: Readonly<Record<string, unknown>>
}

const tooLarge = (maxBytes: number) =>
  new Rejected({
    answer: invalidRequest(
      413,
      `The request body is larger than the ${maxBytes} bytes that this gateway accepts.`,
      "request_too_large"
    )
  })

/**
 * Collects the body's bytes as they were sent. Fails with a 413 beyond `maxBytes`. A body that is too large is refused as soon as that is known; Node discards what the client
 * still sends, so that the client can finish writing and read the answer.
 */
export const readBody = (
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number
): Effect.Effect<Buffer, Rejected> =>
  Effect.callback((resume) => {
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) return resume(Effect.fail(tooLarge(maxBytes)))
    if (request.headers.expect?.toLowerCase() === "100-continue") response.writeContinue()
    const chunks: Array<Buffer> = []
    let size = 0
    const stop = () => {
      request.off("data", onData)
      request.off("end", onEnd)
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxBytes) chunks.push(chunk)
      else {
        stop()
        request.resume()
        resume(Effect.fail(tooLarge(maxBytes)))
      }
    }
    const onEnd = () => {
      stop()
      resume(Effect.succeed(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)))
    }
    request.on("data", onData)
    request.on("end", onEnd)
    // A client that goes away closes the response too, and that interrupts the request's fiber.
    request.on("error", stop)
    return Effect.sync(stop)
  })

type Decoder = (
  bytes: Buffer,
  options: { readonly maxOutputLength: number },
  callback: (error: NodeJS.ErrnoException | null, result: Buffer) => void
) => void

/** `deflate` means the zlib format (RFC 9110, section 8.4.1.2), but some clients leave its two-byte header out. */
const inflateEither: Decoder = (bytes, options, callback) => {
  const hasHeader = bytes.length >= 2 && (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0
  return hasHeader ? inflate(bytes, options, callback) : inflateRaw(bytes, options, callback)
}

const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ["gzip", gunzip],
  ["x-gzip", gunzip],
  ["deflate", inflateEither],
  ["br", brotliDecompress],
  ["zstd", zstdDecompress]
])

/** Nobody stacks more than this in earnest, and each layer multiplies what a small body can cost. */
const maxEncodings = 2

const decodeOnce = (bytes: Buffer, encoding: string, maxBytes: number): Effect.Effect<Buffer, Rejected> => {
  const decoder = decoders.get(encoding)
  if (decoder === undefined) {
    const answer = invalidRequest(
      415,
      `The content-encoding is not one of gzip, deflate, br, zstd, identity.`,
      "unsupported_content_encoding"
    )
    return Effect.fail(new Rejected({ answer }))
  }
  return Effect.callback((resume) => {
    decoder(bytes, { maxOutputLength: maxBytes }, (error, result) => {
      if (error === null) resume(Effect.succeed(result))
      else if (error.code === "ERR_BUFFER_TOO_LARGE") resume(Effect.fail(tooLarge(maxBytes)))
      else {
        const answer = invalidRequest(
          400,
          `The request body is not valid ${encoding} data.`,
          "invalid_content_encoding"
        )
        resume(Effect.fail(new Rejected({ answer })))
      }
    })
  })
}

const decode = Effect.fnUntraced(function* (bytes: Buffer, header: string, maxBytes: number) {
  const encodings = header
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity")
  if (encodings.length > maxEncodings) {
    const answer = invalidRequest(
      415,
      `The body has ${encodings.length} content-encodings; at most ${maxEncodings} are undone.`,
      "unsupported_content_encoding"
    )
    return yield* new Rejected({ answer })
  }
  let decoded = bytes
  for (const encoding of encodings.toReversed()) decoded = yield* decodeOnce(decoded, encoding, maxBytes)
  return decoded
})

const hasByteOrderMark = (bytes: Buffer) =>
  bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const describe = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`

const notJson = (message: string) => new Rejected({ answer: invalidRequest(400, message, "invalid_json") })

/** A body that is JSON of any kind. */
interface JsonValueBody {
  readonly bytes: Uint8Array
  readonly value: unknown
}

const parse = (body: Buffer, expected: string): Effect.Effect<JsonValueBody, Rejected> => {
  const bytes = hasByteOrderMark(body) ? body.subarray(3) : body
  if (bytes.length === 0) return Effect.fail(notJson(`The request body is empty; ${expected} was expected.`))
  if (!isUtf8(bytes)) return Effect.fail(notJson("The request body is not valid UTF-8."))
  const text = bytes.toString("utf8")
  try {
    return Effect.succeed({ bytes, value: JSON.parse(text) as unknown })
  } catch {
    const error = findJsonSyntaxError(text)
    const where =
      error === undefined ? "" : ` at line ${error.line}, column ${error.column}: expected ${error.expected}`
    return Effect.fail(notJson(`The request body is not valid JSON${where}.`))
  }
}

const objectIn = ({ bytes, value }: JsonValueBody): Effect.Effect<JsonBody, Rejected> =>
  isObject(value)
    ? Effect.succeed({ bytes, json: value })
    : Effect.fail(notJson(`The request body must be a JSON object, not ${describe(value)}.`))

/**
 * Reads a body, as it was sent, as a JSON object, whatever its `content-type` says. `encoding` is its `content-encoding`.
 *
 * Fails with a 413 beyond `maxBytes` after decompression, 415 for an unknown `content-encoding`, and 400, with line and
 * column, for what is not JSON.
 */
export const parseJsonBody = (
  sent: Buffer,
  encoding: string | undefined,
  maxBytes: number
): Effect.Effect<JsonBody, Rejected> =>
  Effect.flatMapEager(plainBody(sent, encoding, maxBytes), (plain) =>
    Effect.flatMapEager(parse(plain, "a JSON object"), objectIn)
  )

/** As `parseJsonBody`, for JSON of any kind. */
export const parseJsonValue = (
  sent: Buffer,
  encoding: string | undefined,
  maxBytes: number
): Effect.Effect<unknown, Rejected> =>
  Effect.flatMap(plainBody(sent, encoding, maxBytes), (plain) => Effect.map(parse(plain, "JSON"), ({ value }) => value))

/** Undoes the `content-encoding` of a body. Fails as `parseJsonBody` does. */
export const plainBody = (
  sent: Buffer,
  encoding: string | undefined,
  maxBytes: number
): Effect.Effect<Buffer, Rejected> => (encoding === undefined ? Effect.succeed(sent) : decode(sent, encoding, maxBytes))
