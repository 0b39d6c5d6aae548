import { Effect, Result } from "effect"

import type { AttemptFailure } from "../failover/attempt-failure.ts"
import type { AttemptSink } from "../provider/attempt-sink.ts"
import { countTokens } from "../token-count/count-tokens.ts"
import { clientCodec } from "../translate/codecs.ts"
import { canonicalRequest, type Execution } from "./execution.ts"

/** Answers a question for the number of tokens with a tokenizer, for providers that have no endpoint for it. */
export const countLocally = (
  execution: Execution,
  body: Buffer,
  upstreamModel: string,
  sink: AttemptSink
): Effect.Effect<void, AttemptFailure> => {
  const decoded = canonicalRequest(execution, body)
  if (Result.isFailure(decoded)) return Effect.fail(decoded.failure)
  const client = clientCodec(execution.sourceFormat)
  return Effect.map(
    Effect.promise((signal) => countTokens(decoded.success, upstreamModel, signal)),
    (inputTokens) => {
      const answer = Buffer.from(JSON.stringify(client?.encodeTokenCount({ inputTokens }) ?? { inputTokens }))
      const headers = { "content-type": "application/json", "content-length": String(answer.length) }
      sink.start(200, headers, { kind: "whole", headers: {} })
      sink.write(answer)
      sink.end()
    }
  )
}
