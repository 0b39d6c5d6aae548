import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { invalidRequest } from "../src/error-answer.ts"
import { type AnswerOptions, type HttpAnswer, makeHttpAnswer } from "../src/http-answer.ts"

/** Answers each request as `use` says; gives the address, and what broke. */
const answering = (trace: AnswerOptions["trace"], use: (answer: HttpAnswer) => void) =>
  Effect.gen(function* () {
    const defects: Array<unknown> = []
    const server = createServer((_request, response) => {
      use(
        makeHttpAnswer(response, {
          requestId: "r",
          protocol: "openai",
          cors: true,
          writeTimeoutMs: 1000,
          draining: () => false,
          trace,
          onDefect: (defect) => defects.push(defect)
        })
      )
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () => Effect.sync(() => server.close().closeAllConnections())
    )
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, defects }
  })

const broken = (): never => {
  throw new Error("no trace")
}

const traces: ReadonlyArray<readonly [string, NonNullable<AnswerOptions["trace"]>]> = [
  ["throws", broken],
  ["cannot be sent", () => [["x-cliproxy-trace", "\u6a21"]]]
]

describe("an answer", () => {
  for (const [what, trace] of traces) {
    it.live(`goes out without a trace that ${what}`, () =>
      Effect.gen(function* () {
        const { defects, url } = yield* answering(trace, (answer) => answer.json(200, `{"ok":1}`))
        const response = yield* Effect.promise(() => fetch(url))
        assert.deepStrictEqual([response.status, yield* Effect.promise(() => response.text())], [200, `{"ok":1}`])
        assert.isNull(response.headers.get("x-cliproxy-trace"))
        assert.strictEqual(defects.length, 1)
      })
    )
  }

  it.live("whose error has a head that cannot be written is cut, so that nobody waits for it", () =>
    Effect.gen(function* () {
      const { defects, url } = yield* answering(undefined, (answer) => {
        answer.fail({ ...invalidRequest(405, "no"), allow: "\u6a21" })
      })
      assert.strictEqual((yield* Effect.exit(Effect.tryPromise(() => fetch(url))))._tag, "Failure")
      assert.strictEqual(defects.length, 1)
    })
  )
})
