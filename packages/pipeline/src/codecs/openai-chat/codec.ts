import type { ClientCodec, ProviderCodec } from "../codec.ts"
import { decodeRequest } from "./decode-request.ts"
import { decodeResponse } from "./decode-response.ts"
import { encodeRequest } from "./encode-request.ts"
import { encodeResponse } from "./encode-response.ts"
import { decodeTokenCount } from "./token-count.ts"
import { decodeError, encodeError, encodeStreamError } from "./errors.ts"
import { fitHistory } from "./fit-history.ts"
import { encodeModel, encodeModels } from "./models.ts"
import { withReasoning } from "./reasoning-effort.ts"
import { makeStreamDecoder } from "./stream-decoder.ts"
import { makeStreamEncoder } from "./stream-encoder.ts"

/** OpenAI chat completions, for clients. Source: https://platform.openai.com/docs/api-reference/chat. */
export const openaiChatClient: ClientCodec = {
  protocol: "openai",
  decodeRequest,
  encodeResponse,
  makeStreamEncoder,
  encodeError,
  encodeStreamError,
  // Chat completions have no such answer; this is the one of the Responses API, OpenAI's only one.
  encodeTokenCount: ({ inputTokens }) => ({ object: "response.input_tokens", input_tokens: inputTokens }),
  encodeModels,
  encodeModel
}

/** OpenAI chat completions, for OpenAI and the many servers that speak like it. */
export const openaiChatProvider: ProviderCodec = {
  protocol: "openai",
  encodeRequest,
  encodeCountRequest: undefined,
  decodeTokenCount,
  decodeResponse,
  makeStreamDecoder,
  decodeError,
  fitHistory,
  withReasoning
}
