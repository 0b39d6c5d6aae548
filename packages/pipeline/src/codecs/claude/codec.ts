import { tokenCount } from "../../canonical/usage.ts"
import type { ClientCodec, ProviderCodec } from "../codec.ts"
import { decodeCountRequest, decodeRequest } from "./decode-request.ts"
import { decodeResponse } from "./decode-response.ts"
import { encodeCountRequest, encodeRequest } from "./encode-request.ts"
import { encodeResponse } from "./encode-response.ts"
import { decodeError, encodeError, encodeStreamError } from "./errors.ts"
import { encodeModel, encodeModels } from "./models.ts"
import { withReasoning } from "./reasoning.ts"
import { fitHistory } from "./fit-history.ts"
import { makeStreamDecoder } from "./stream-decoder.ts"
import { makeStreamEncoder } from "./stream-encoder.ts"

/** Claude Messages as clients speak it. Source: platform.claude.com/docs/en/api/messages. */
export const claudeClient: ClientCodec = {
  protocol: "claude",
  decodeRequest,
  decodeCountRequest,
  encodeResponse,
  makeStreamEncoder,
  encodeError,
  encodeStreamError,
  encodeTokenCount: ({ inputTokens }) => ({ input_tokens: inputTokens }),
  encodeModels,
  encodeModel
}

/** Claude Messages as Anthropic, and endpoints compatible with it, serve it. */
export const claudeProvider: ProviderCodec = {
  protocol: "claude",
  encodeRequest,
  encodeCountRequest,
  decodeTokenCount: (json) => tokenCount(json["input_tokens"]),
  decodeResponse,
  makeStreamDecoder,
  decodeError,
  fitHistory,
  withReasoning
}
