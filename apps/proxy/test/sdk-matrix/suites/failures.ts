import { describe } from "@effect/vitest"

import { checkAbort, checkCutStream, checkErrorInStream, checkRateLimit, checkRefusedRequest } from "../checks.ts"
import type { GatewayTests } from "../gateway.ts"
import { onEachPair } from "./on-each-pair.ts"

/** What fails, and what is given up, for every client with every provider. */
export const failuresSuite = (it: GatewayTests): void => {
  describe("when something fails", () => {
    onEachPair(it, (test) => {
      test("is told of a rate limit", checkRateLimit)
      test("is told of a refused request", checkRefusedRequest)
      test("is told of an error in the middle of an answer", checkErrorInStream)
      test("is told of a cut answer", checkCutStream)
      test("hangs up on the provider", checkAbort)
    })
  })
}
