import { contracts, encodeHostFailure, encodeSuccess, type WireError } from "@cliproxy/abi"
import type { HostCallHandler } from "@cliproxy/ffi"
import { Effect, Result } from "effect"

/**
 * The host that a plugin talks to while it is checked: it takes logs and streams, answers HTTP with an empty object, and
 * has no credentials.
 */
export interface CheckHost {
  readonly handler: HostCallHandler
  /** Host methods that were called, with the number of calls. */
  readonly calls: ReadonlyMap<string, number>
  /** Host calls whose request could not be read: what was wrong. */
  readonly unreadable: ReadonlyArray<string>
  /** Payloads and end of a stream. */
  readonly stream: (id: string) => { readonly chunks: ReadonlyArray<Uint8Array>; readonly closed: boolean }
}

const emptyObject = {
  StatusCode: 200,
  Headers: { "Content-Type": ["application/json"] },
  Body: Buffer.from("{}").toString("base64")
}

/** Makes a host for one check. Nothing leaves the machine, and no credential is given away. */
export const makeCheckHost = (): CheckHost => {
  const calls = new Map<string, number>()
  const unreadable: Array<string> = []
  const chunks = new Map<string, Array<Uint8Array>>()
  const closed = new Set<string>()

  const served: { readonly [method: string]: (request: Uint8Array) => Result.Result<unknown, WireError> } = {
    "host.log": (bytes) => Result.map(contracts["host.log"].parseRequest(bytes), () => ({})),
    "host.stream.emit": (bytes) =>
      Result.map(contracts["host.stream.emit"].parseRequest(bytes), ({ stream_id: id, payload }) => {
        if (closed.has(id)) return undefined
        chunks.set(id, [...(chunks.get(id) ?? []), payload])
        return {}
      }),
    "host.stream.close": (bytes) =>
      Result.map(contracts["host.stream.close"].parseRequest(bytes), ({ stream_id: id }) => {
        closed.add(id)
        return {}
      }),
    "host.http.do": (bytes) => Result.map(contracts["host.http.do"].parseRequest(bytes), () => emptyObject),
    "host.http.operation_open": (bytes) =>
      Result.map(contracts["host.http.operation_open"].parseRequest(bytes), () => ({ operation_id: "1" })),
    "host.http.cancel": (bytes) => Result.map(contracts["host.http.cancel"].parseRequest(bytes), () => ({})),
    "host.auth.list": (bytes) => Result.map(contracts["host.auth.list"].parseRequest(bytes), () => ({ files: [] }))
  }

  return {
    calls,
    unreadable,
    stream: (id) => ({ chunks: chunks.get(id) ?? [], closed: closed.has(id) }),
    handler: (method, request) =>
      Effect.sync(() => {
        calls.set(method, (calls.get(method) ?? 0) + 1)
        const answer = served[method]?.(request)
        if (answer === undefined) return encodeHostFailure(`${method} is not there while a plugin is checked`)
        if (Result.isFailure(answer)) {
          unreadable.push(`${method}: ${answer.failure.detail}`)
          return encodeHostFailure(`decode ${method} request: ${answer.failure.detail}`)
        }
        return answer.success === undefined
          ? encodeHostFailure("the stream is not open")
          : encodeSuccess(answer.success)
      })
  }
}
