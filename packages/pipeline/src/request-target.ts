import { Result } from "effect"

import type { RequestTarget } from "./codecs/codec.ts"
import { kindOf } from "./codecs/json-fields.ts"
import type { ClientRequest } from "./gateway.ts"
import { InvalidRequest } from "./gateway-error.ts"

/**
 * What the pipeline must know of every request: its model, as the client wrote it, and whether it wants a stream. Most
 * protocols have both in the body; the rest of the body passes through unread where nobody has to understand it.
 * Fails with 400 naming the field.
 */
export const readRequestTarget = ({ json, target }: ClientRequest): Result.Result<RequestTarget, InvalidRequest> => {
  if (target !== undefined) return Result.succeed(target)
  const { model, stream } = json
  if (typeof model !== "string" || model.trim() === "") {
    return Result.fail(
      invalid("model", model === undefined ? "is required" : `must be a non-empty string, not ${kind(model)}`)
    )
  }
  // OpenAI's reference documents `stream` as "boolean or null".
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    return Result.fail(invalid("stream", `must be a boolean, not ${kind(stream)}`))
  }
  return Result.succeed({ model, stream: stream === true })
}

const invalid = (param: string, what: string): InvalidRequest =>
  new InvalidRequest({ message: `\`${param}\` ${what}.`, status: 400, code: null, param })

const kind = (value: unknown): string =>
  typeof value === "string" && value.trim() === "" ? "a blank string" : kindOf(value)
