import type { ClientCodec } from "../codec.ts"
import { encodeError } from "../openai-chat/errors.ts"
import { encodeModel, encodeModels } from "../openai-chat/models.ts"
import { decodeRequest } from "./decode-request.ts"
import { encodeResponse } from "./encode-response.ts"
import { encodeStreamError } from "./errors.ts"
import { makeStreamEncoder } from "./stream-encoder.ts"

/**
 * OpenAI's Responses API as clients speak it. No provider is spoken to in it, so that there is nothing that would write
 * a request: what of a request the canonical model cannot hold is kept for the answer, which repeats it.
 *
 * Errors before a stream and lists of models are the same in both of OpenAI's protocols.
 * Source: https://platform.openai.com/docs/api-reference/responses.
 */
export const openaiResponsesClient: ClientCodec = {
  protocol: "openai-response",
  decodeRequest,
  encodeResponse,
  makeStreamEncoder,
  encodeError,
  encodeStreamError,
  /** The answer of `POST /v1/responses/input_tokens`. */
  encodeTokenCount: ({ inputTokens }) => ({ object: "response.input_tokens", input_tokens: inputTokens }),
  encodeModels,
  encodeModel
}
