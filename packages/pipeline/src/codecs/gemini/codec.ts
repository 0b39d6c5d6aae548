import type { ClientCodec, ProviderCodec } from "../codec.ts"
import { tokenCount } from "../../canonical/usage.ts"
import { decodeCountRequest, decodeRequest } from "./decode-request.ts"
import { decodeResponse } from "./decode-response.ts"
import { encodeCountRequest, encodeRequest } from "./encode-request.ts"
import { encodeResponse } from "./encode-response.ts"
import { decodeError, encodeBareStreamError, encodeError, encodeStreamError } from "./errors.ts"
import { encodeModel, encodeModels } from "./models.ts"
import { fitHistory } from "./fit-history.ts"
import { makeStreamDecoder } from "./stream-decoder.ts"
import { makeStreamEncoder } from "./stream-encoder.ts"
import { withThinking } from "./thinking.ts"

/** Gemini's `generateContent`, as clients speak it. Source: https://ai.google.dev/api/generate-content */
export const geminiClient: ClientCodec = {
  protocol: "gemini",
  decodeRequest,
  decodeCountRequest,
  encodeResponse,
  makeStreamEncoder,
  encodeError,
  encodeStreamError,
  encodeBareStreamError,
  encodeTokenCount: ({ inputTokens }) => ({ totalTokens: inputTokens }),
  encodeModels,
  encodeModel
}

/** Gemini's `generateContent`, as providers speak it. Source: https://ai.google.dev/api/generate-content */
export const geminiProvider: ProviderCodec = {
  protocol: "gemini",
  encodeRequest,
  encodeCountRequest,
  decodeTokenCount: (json) => tokenCount(json["totalTokens"]),
  decodeResponse,
  makeStreamDecoder,
  decodeError,
  fitHistory,
  withReasoning: withThinking
}
