import { nestsDeeper } from "@cliproxy/pipeline"
import { Effect } from "effect"

import { invalidRequest } from "../error-answer.ts"
import type { Exchange } from "../exchange.ts"
import { Rejected } from "../rejected.ts"
import { parseJsonBody, parseJsonValue, plainBody, readBody } from "../request-body.ts"

/** Largest body of a request that changes settings, in bytes: no settings are as long as a prompt with images. */
const maxSettingsBytes = 1024 * 1024

/** A refusal in the shape of all errors of the management API. */
export const refused = (status: number, message: string, code: string): Rejected =>
  new Rejected({ answer: invalidRequest(status, message, code) })

/** Reads a JSON object. `maxBytes` is what the server takes at most. Fails as `parseJsonBody`. */
export const readObject = (
  { request, response }: Exchange,
  maxBytes: number
): Effect.Effect<Readonly<Record<string, unknown>>, Rejected> => {
  const most = Math.min(maxBytes, maxSettingsBytes)
  return readBody(request, response, most).pipe(
    Effect.flatMap((sent) => parseJsonBody(sent, request.headers["content-encoding"], most)),
    Effect.flatMap(({ json }) => flatEnough(json))
  )
}

/** Reads JSON of any kind. */
export const readValue = ({ request, response }: Exchange, maxBytes: number): Effect.Effect<unknown, Rejected> => {
  const most = Math.min(maxBytes, maxSettingsBytes)
  return readBody(request, response, most).pipe(
    Effect.flatMap((sent) => parseJsonValue(sent, request.headers["content-encoding"], most)),
    Effect.flatMap(flatEnough)
  )
}

/** Deepest nesting of lists and objects. What walks through settings calls itself for each level. */
const maxDepth = 100

const flatEnough = <A>(value: A): Effect.Effect<A, Rejected> =>
  nestsDeeper(value, maxDepth)
    ? Effect.fail(refused(400, `The body is nested more than ${maxDepth} levels deep.`, "invalid_json"))
    : Effect.succeed(value)

/** Reads a body as it is, its `content-encoding` undone. */
export const readPlain = ({ request, response }: Exchange, maxBytes: number): Effect.Effect<Buffer, Rejected> =>
  Effect.flatMap(readBody(request, response, maxBytes), (sent) =>
    plainBody(sent, request.headers["content-encoding"], maxBytes)
  )

/** True for an object that is neither `null` nor a list. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
