import { randomUUID } from "node:crypto"

import type { ClientError } from "../../canonical/client-error.ts"
import type { EmitFrame } from "../codec.ts"
import { objectOr } from "../json-fields.ts"
import { encodeError } from "../openai-chat/errors.ts"

/** The error of a response that failed. */
export interface ResponseFailure {
  readonly code: string
  readonly message: string
}

/**
 * Fields of an `error` event, as JSON text that begins with a comma. The reference has them at the top; OpenAI's servers
 * write an `error` object instead, and older SDKs throw only when there is one. So both are there.
 * Source: https://platform.openai.com/docs/api-reference/responses-streaming/error, and `Stream` of the `openai` package.
 */
export const errorFields = (error: ClientError): string => {
  const body = encodeError(error)
  const { code, message, param } = objectOr(body["error"])
  return `,${JSON.stringify({ code, message, param, ...body }).slice(1, -1)}`
}

/** What is wrong with a failed response. Source: https://platform.openai.com/docs/api-reference/responses/object, `error`. */
export const failureOf = (error: ClientError): ResponseFailure => {
  const { code } = objectOr(encodeError(error)["error"])
  if (error.code === null && error.status >= 500) return { code: "server_error", message: error.message }
  return { code: typeof code === "string" ? code : "invalid_prompt", message: error.message }
}

/** Higher than any number before, wherever the stream was: the second and the first from the top of 31 bits. */
const LAST_NUMBERS = [0x7fff_fffe, 0x7fff_ffff] as const

/**
 * An error in a stream that somebody else wrote: the `error` event, which SDKs throw, and the `response.failed`, without
 * which some clients take the stream for cut off. The response is not known here, so that nothing of it is repeated.
 */
export const encodeStreamError = (error: ClientError, emit: EmitFrame): void => {
  emit(`{"type":"error","sequence_number":${LAST_NUMBERS[0]}${errorFields(error)}}`, "error")
  const response = {
    id: `resp_${randomUUID().replaceAll("-", "")}`,
    object: "response",
    status: "failed",
    error: failureOf(error),
    incomplete_details: null,
    output: [],
    usage: null
  }
  const type = "response.failed"
  emit(JSON.stringify({ type, sequence_number: LAST_NUMBERS[1], response }), type)
}
