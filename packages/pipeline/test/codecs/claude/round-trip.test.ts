import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"

import { claudeClient, claudeProvider } from "../../../src/codecs/claude/codec.ts"
import { request, response } from "./arbitraries.ts"
import { contextOf, encodedResponse, jsonOf } from "./context.ts"

describe("round trips", () => {
  it("reads back every request that it has written", () => {
    fc.assert(
      fc.property(request, (given) => {
        const wire = jsonOf(claudeProvider.encodeRequest(given, contextOf(given.model, given)))
        const read = claudeClient.decodeRequest(wire, { model: given.model, stream: wire["stream"] === true })
        assert.deepStrictEqual(jsonOf(Result.getOrThrow(read)), jsonOf(given))
      }),
      { numRuns: 300 }
    )
  })

  it("writes every request that it has read as it was", () => {
    fc.assert(
      fc.property(request, (given) => {
        const wire = jsonOf(claudeProvider.encodeRequest(given, contextOf(given.model, given)))
        const read = claudeClient.decodeRequest(wire, { model: given.model, stream: wire["stream"] === true })
        assert.deepStrictEqual(
          jsonOf(claudeProvider.encodeRequest(Result.getOrThrow(read), contextOf(given.model))),
          wire
        )
      }),
      { numRuns: 100 }
    )
  })

  it("reads back every answer that it has written", () => {
    fc.assert(
      fc.property(response, (given) => {
        const read = claudeProvider.decodeResponse(encodedResponse(given), contextOf())
        assert.deepStrictEqual(jsonOf(read), jsonOf(given))
      }),
      { numRuns: 300 }
    )
  })

  it("does the same to the same request", () => {
    fc.assert(
      fc.property(request, (given) => {
        const first = JSON.stringify(claudeProvider.encodeRequest(given, contextOf(given.model, given)))
        assert.strictEqual(JSON.stringify(claudeProvider.encodeRequest(given, contextOf(given.model, given))), first)
      }),
      { numRuns: 50 }
    )
  })

  it("does not change what it is given", () => {
    fc.assert(
      fc.property(request, response, (given, answer) => {
        const before = [JSON.stringify(given), JSON.stringify(answer)]
        claudeProvider.encodeRequest(given, contextOf(given.model, given))
        encodedResponse(answer)
        assert.deepStrictEqual([JSON.stringify(given), JSON.stringify(answer)], before)
      }),
      { numRuns: 50 }
    )
  })
})
