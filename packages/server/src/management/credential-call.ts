import type { GatewayPlugins } from "@cliproxy/pipeline"
import { Effect, Result } from "effect"

import { invalidRequest } from "../error-answer.ts"
import { Rejected } from "../rejected.ts"

type Send = GatewayPlugins["sendWithCredential"]

/** A request that an operator wants to be sent with a stored credential. */
interface CredentialCall {
  readonly index: string
  readonly request: Parameters<Send>[1]
}

const rejected = (status: number, message: string, code: string): Rejected =>
  new Rejected({ answer: invalidRequest(status, message, code) })

/**
 * Serves `POST /v0/management/api-call`: sends what the body describes with a stored credential and gives what came
 * back as `{"status_code", "header", "body"}`. Any status of the answer is a success.
 */
export const callWithCredential = (
  send: Send,
  json: Readonly<Record<string, unknown>>
): Effect.Effect<string, Rejected> =>
  Effect.fromResult(readCall(json)).pipe(
    Effect.flatMap(({ index, request }) =>
      Effect.mapError(send(index, request), (error) =>
        error._tag === "CredentialNotServed"
          ? rejected(404, `The request was not sent: ${error.message}.`, "credential_not_served")
          : rejected(502, `The plugin did not send the request: ${error.message}.`, "plugin_failed")
      )
    ),
    Effect.map(({ body, headers, status }) =>
      JSON.stringify({ status_code: status, header: headers, body: Buffer.from(body).toString() })
    )
  )

/** Reads `auth_index`, `method`, `url`, `header` and `data`. Fails with 400 naming the field. */
const readCall = (json: Readonly<Record<string, unknown>>): Result.Result<CredentialCall, Rejected> => {
  const { auth_index: index, data = "", header = {}, method = "GET", url } = json
  if (typeof index !== "string" || index.trim() === "") return wrong("auth_index", "a credential's index")
  if (typeof method !== "string" || !/^[A-Za-z]+$/.test(method)) return wrong("method", "an HTTP method")
  if (typeof url !== "string" || !/^https?:$/.test(URL.parse(url)?.protocol ?? "")) {
    return wrong("url", "an absolute http or https URL")
  }
  if (typeof data !== "string") return wrong("data", "a text")
  const headers = readHeaders(header)
  if (headers === undefined) return wrong("header", "an object of texts")
  return Result.succeed({
    index: index.trim(),
    request: { method: method.toUpperCase(), url, headers, body: Buffer.from(data) }
  })
}

const wrong = (field: string, expected: string): Result.Result<never, Rejected> =>
  Result.fail(rejected(400, `\`${field}\` must be ${expected}.`, "invalid_value"))

const readHeaders = (value: unknown): Record<string, ReadonlyArray<string>> | undefined => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined
  const entries = Object.entries(value).map(([name, text]: [string, unknown]) => [name, text] as const)
  if (!entries.every(([, text]) => typeof text === "string")) return undefined
  return Object.fromEntries(entries.map(([name, text]) => [name, [String(text)]]))
}
