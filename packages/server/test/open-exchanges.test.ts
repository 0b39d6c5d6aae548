import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { IncomingMessage, ServerResponse } from "node:http"
import { Socket } from "node:net"

import { makeHttpAnswer } from "../src/http-answer.ts"
import { makeOpenExchanges, type OpenExchange } from "../src/open-exchanges.ts"

const exchange = (requestId: string): OpenExchange => {
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  const answer = makeHttpAnswer(response, {
    requestId,
    protocol: "openai",
    cors: true,
    writeTimeoutMs: 1000,
    draining: () => false,
    onDefect: (defect) => assert.fail(String(defect))
  })
  return { answer, response, fiber: Effect.runFork(Effect.void) }
}

describe("open exchanges", () => {
  it("are those that came and have not gone, in whatever order they go", () => {
    const open = makeOpenExchanges()
    const exchanges = Array.from({ length: 6 }, (_, index) => exchange(String(index)))
    const leave = exchanges.map((one) => open.add(one))
    const left = new Set(exchanges)
    for (const index of [2, 5, 0, 4, 1, 3]) {
      leave[index]?.()
      left.delete(exchanges[index] ?? assert.fail("there is no such exchange"))
      assert.strictEqual(open.count(), left.size)
      assert.sameMembers([...open.all()], [...left])
    }
    const again = open.add(exchanges[0] ?? assert.fail("there is no exchange"))
    assert.strictEqual(open.count(), 1)
    again()
    assert.lengthOf(open.all(), 0)
  })
})
