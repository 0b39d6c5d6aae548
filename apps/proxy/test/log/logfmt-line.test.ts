import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Logger } from "effect"
import * as fc from "fast-check"

import { logfmtLine } from "../../src/log/log-line.ts"

/** What a logger makes of one and the same entry, ours and Effect's. */
const linesOf = (message: unknown, cause: Cause.Cause<unknown>, annotations: Readonly<Record<string, unknown>>) => {
  const lines: Array<readonly [ours: string, theirs: string]> = []
  const both = Logger.make<unknown, void>((entry) => {
    lines.push([logfmtLine.log(entry), Logger.formatLogFmt.log(entry)])
  })
  const logged = Effect.annotateLogs(Effect.logWarning(message, cause), annotations)
  return Effect.as(Effect.provide(logged, Logger.layer([both])), lines)
}

describe("a line of logfmt", () => {
  it("is what Effect's own logger writes, whatever stands in it", () => {
    const value = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.integer(), fc.boolean(), fc.constant(null))
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.string(), value, { maxKeys: 5 }), (message, annotations) => {
        const [lines] = Effect.runSync(linesOf(message, Cause.empty, annotations))
        assert.strictEqual(lines?.[0], lines?.[1])
      }),
      { numRuns: 30 }
    )
  })

  it.effect("keeps a defect's stack in the line", () =>
    Effect.gen(function* () {
      const [lines] = yield* linesOf("a request met a defect", Cause.die(new Error('a "bad" thing')), { path: "/v1 x" })
      assert.strictEqual(lines?.[0], lines?.[1])
      assert.match(
        lines?.[0] ?? "",
        /^timestamp=\S+ level=WARN fiber=#\d+ message="a request met a defect" cause="Error: /
      )
    })
  )
})
