import { connect } from "node:net"
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"

import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fc from "fast-check"

import type { RunningServer } from "../src/index.ts"
import { findJsonSyntaxError } from "../src/json-syntax.ts"
import { answerJson, type ChatScript } from "./scripted-gateway.ts"
import { jsonOf, request, withServer } from "./with-server.ts"

/** Answers with what the gateway was given. */
const echo: ChatScript = (incoming, sink) =>
  answerJson({ bytes: Buffer.from(incoming.body).toString(), json: incoming.json, headers: incoming.headers })(
    incoming,
    sink
  )

const post = (server: RunningServer, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  request(`${server.url}/v1/chat/completions`, { method: "POST", body, headers })

const decodeRefusal = Schema.decodeUnknownSync(
  Schema.Struct({ error: Schema.Struct({ message: Schema.String, code: Schema.String }) })
)

const refusal = Effect.fnUntraced(function* (response: Response) {
  const { error } = decodeRefusal(yield* jsonOf(response))
  return [response.status, error.code, error.message] as const
})

const text = `{"model":"demo","note":"grüße"}`

describe("request bodies", () => {
  const encodings: ReadonlyArray<readonly [string, string, (bytes: Buffer) => Uint8Array]> = [
    ["gzip", "gzip", gzipSync],
    ["deflate in the zlib format", "deflate", deflateSync],
    ["deflate without the zlib header", "deflate", deflateRawSync],
    ["br", "br", brotliCompressSync],
    ["zstd", "zstd", zstdCompressSync],
    ["two of them", "gzip, br", (bytes) => brotliCompressSync(gzipSync(bytes))],
    ["identity", "identity", (bytes) => bytes]
  ]
  for (const [name, header, encode] of encodings) {
    it.live(`a body in ${name} is decoded`, () =>
      Effect.gen(function* () {
        const server = yield* withServer(echo)
        const response = yield* post(server, new Uint8Array(encode(Buffer.from(text))), { "content-encoding": header })
        assert.strictEqual(response.status, 200)
        const seen = yield* jsonOf(response)
        assert.deepInclude(seen, { bytes: text, json: JSON.parse(text) })
        assert.notNestedProperty(seen, "headers.Content-Encoding")
      })
    )
  }

  it.live("an unknown encoding is a 415, damaged data a 400", () =>
    Effect.gen(function* () {
      const server = yield* withServer(echo)
      const unknown = yield* refusal(yield* post(server, text, { "content-encoding": "lzma" }))
      assert.deepStrictEqual(unknown, [
        415,
        "unsupported_content_encoding",
        "The content-encoding is not one of gzip, deflate, br, zstd, identity."
      ])
      const damaged = yield* refusal(yield* post(server, text, { "content-encoding": "gzip" }))
      assert.deepStrictEqual(damaged, [400, "invalid_content_encoding", "The request body is not valid gzip data."])
      const stacked = yield* refusal(yield* post(server, text, { "content-encoding": "gzip, gzip, gzip" }))
      assert.strictEqual(stacked[0], 415)
    })
  )

  for (const encoding of ["constructor", "__proto__", "tostring"]) {
    it.live(`the encoding ${encoding} is as unknown as any other`, () =>
      Effect.gen(function* () {
        const server = yield* withServer(echo)
        const unknown = yield* refusal(yield* post(server, text, { "content-encoding": encoding }))
        assert.deepStrictEqual(unknown.slice(0, 2), [415, "unsupported_content_encoding"])
      })
    )
  }

  it.live("a body beyond the limit is a 413, announced, streamed or hidden in compression", () =>
    Effect.gen(function* () {
      const server = yield* withServer(echo, { limits: { maxBodyBytes: 1000 } })
      const big = JSON.stringify({ pad: "x".repeat(1_000_000) })
      const expected: readonly [number, string, string] = [
        413,
        "request_too_large",
        "The request body is larger than the 1000 bytes that this gateway accepts."
      ]
      assert.deepStrictEqual(yield* refusal(yield* post(server, big)), expected)
      const bomb = new Uint8Array(gzipSync(big))
      assert.deepStrictEqual(yield* refusal(yield* post(server, bomb, { "content-encoding": "gzip" })), expected)
      const streamed = yield* request(`${server.url}/v1/chat/completions`, {
        method: "POST",
        body: new Blob([big]).stream(),
        duplex: "half"
      } as RequestInit)
      assert.deepStrictEqual(yield* refusal(streamed), expected)
      const exact = JSON.stringify({ pad: "x".repeat(1000 - `{"pad":""}`.length) })
      assert.strictEqual((yield* post(server, exact)).status, 200)
    })
  )

  it.live("a client that asks first is not asked for a body that would be refused", () =>
    Effect.gen(function* () {
      const server = yield* withServer(echo, { limits: { maxBodyBytes: 1000 } })
      const talk = (length: number, body: string) =>
        Effect.callback<string>((resume) => {
          let got = ""
          const socket = connect(server.port, "127.0.0.1", () =>
            socket.write(
              `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n`
            )
          )
          socket.on("data", (chunk) => {
            got += chunk.toString()
            if (got === "HTTP/1.1 100 Continue\r\n\r\n") socket.write(body)
            else if (/^HTTP\/1.1 [^1]/m.test(got)) resume(Effect.succeed(got))
          })
          return Effect.sync(() => socket.destroy())
        })
      assert.match(yield* talk(text.length + 2, text), /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/)
      assert.match(yield* talk(5000, ""), /^HTTP\/1.1 413 /)
    })
  )

  it.live("what is not JSON is refused with line and column", () =>
    Effect.gen(function* () {
      const server = yield* withServer(echo)
      const cases: ReadonlyArray<readonly [string, string]> = [
        ["", "The request body is empty; a JSON object was expected."],
        [
          "{",
          `The request body is not valid JSON at line 1, column 2: expected a property name in double quotes or "}".`
        ],
        [`{\n  "model": demo\n}`, "The request body is not valid JSON at line 2, column 12: expected a value."],
        [
          `{"a":1,}`,
          "The request body is not valid JSON at line 1, column 8: expected a property name in double quotes."
        ],
        [`{"a":"b`, "The request body is not valid JSON at line 1, column 8: expected the rest of a string."],
        [`{} {}`, "The request body is not valid JSON at line 1, column 4: expected the end of the text."],
        [`[1]`, "The request body must be a JSON object, not an array."],
        [`null`, "The request body must be a JSON object, not null."],
        [`"x"`, "The request body must be a JSON object, not a string."]
      ]
      for (const [body, message] of cases) {
        assert.deepStrictEqual(yield* refusal(yield* post(server, body)), [400, "invalid_json", message])
      }
      const notText = yield* refusal(yield* post(server, new Uint8Array([0x7b, 0xff, 0x7d])))
      assert.deepStrictEqual(notText, [400, "invalid_json", "The request body is not valid UTF-8."])
    })
  )

  it.live("a byte order mark is ignored and the content-type is not looked at", () =>
    Effect.gen(function* () {
      const server = yield* withServer(echo)
      const response = yield* post(server, `\uFEFF${text}`, { "content-type": "text/plain" })
      assert.strictEqual(response.status, 200)
      assert.propertyVal(yield* jsonOf(response), "bytes", text)
    })
  )

  it("finds an error exactly where JSON.parse finds one", () => {
    const mutated = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", "]", "}", `"`, "\\", "1", "x", "\n", ":", "-"))
      .map(([json, at, patch]) => {
        const index = at % (json.length + 1)
        return json.slice(0, index) + patch + json.slice(index + (patch === "" ? 1 : 0))
      })
    fc.assert(
      fc.property(mutated, (candidate) => {
        let message: string | undefined
        try {
          JSON.parse(candidate)
        } catch (error) {
          message = String(error)
        }
        const found = findJsonSyntaxError(candidate)
        assert.strictEqual(found !== undefined, message !== undefined)
        const told = /at position (\d+)/.exec(message ?? "")
        // V8 tells a position in some messages; inside strings and numbers it may point further in than the token's start.
        if (told !== null && found !== undefined && !candidate.includes("\n")) {
          assert.isAtMost(found.column - 1, Number(told[1]))
        }
      }),
      { numRuns: 2000 }
    )
  })
})
