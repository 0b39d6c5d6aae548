import { describe } from "@effect/vitest"

import {
  checkAnswerSchema,
  checkRefusal,
  checkStops,
  checkTokenCount,
  checkTokens,
  checkToolChoice
} from "../checks.ts"
import type { GatewayTests } from "../gateway.ts"
import { onEachPair } from "./on-each-pair.ts"

/** What a client can ask for, beside a conversation. */
export const featuresSuite = (it: GatewayTests): void => {
  describe("what a client asks for", () => {
    onEachPair(it, (test, client, stream) => {
      test("learns why the model stopped", checkStops)
      test("hears a refusal", checkRefusal)
      test("chooses tools", checkToolChoice)
      test("gets JSON by a schema", checkAnswerSchema)
      if (client.hidesTokens !== true) test("gets the probabilities of tokens", checkTokens)
      if (!stream && client.countTokens !== undefined) test("counts tokens", checkTokenCount)
    })
  })
}
