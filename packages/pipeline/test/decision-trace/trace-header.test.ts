import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { validateHeaderValue } from "node:http"

import { makeRecord, type TracedExecution } from "../../src/decision-trace/request-record.ts"
import { beginTimeSpent } from "../../src/decision-trace/time-spent.ts"
import { traceHeader } from "../../src/decision-trace/trace-header.ts"

const execution = (model: string): TracedExecution => ({
  id: "a",
  traceId: "a",
  request: {},
  sourceFormat: "openai",
  model,
  requestedModel: "asked",
  stream: false,
  operation: "generate",
  startedAt: 0,
  spent: beginTimeSpent(0)
})

describe("the header that tells of a request", () => {
  it("can be sent whatever the model is called, with half a surrogate pair, too", () => {
    assert.strictEqual(traceHeader(makeRecord(execution("m(\ud800)"))), "none; attempts=0; model=m(%EF%BF%BD)")
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 8 }),
        fc.constantFrom("", "\ud800", "\udc00"),
        (name, half) => {
          validateHeaderValue("x-cliproxy-trace", traceHeader(makeRecord(execution(`${name}${half}`))))
        }
      )
    )
  })
})
