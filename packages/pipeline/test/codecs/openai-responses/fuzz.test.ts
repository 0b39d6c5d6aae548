import * as fc from "fast-check"
import { Result } from "effect"
import { assert, describe, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import { openaiResponsesClient } from "../../../src/codecs/openai-responses/codec.ts"
import { requestCases } from "./corpus.ts"

const requests = requestCases.map(([, { request }]) => request)

/** Reads a request; fails when that throws. A refusal must say which field it is about. */
const read = (request: JsonObject): void => {
  Result.match(openaiResponsesClient.decodeRequest(request, { model: "m", stream: false }), {
    onSuccess: ({ messages }) => assert.isArray(messages),
    onFailure: ({ status, param, message }) => {
      assert.strictEqual(status, 400)
      assert.isTrue(message.startsWith(`\`${param}\` `), message)
    }
  })
}

/** The value with one place in it, which `steps` leads to, replaced. */
const replaced = (value: unknown, steps: ReadonlyArray<number>, by: unknown): unknown => {
  const [step, ...rest] = steps
  if (step === undefined || typeof value !== "object" || value === null) return by
  const keys = Object.keys(value)
  const key = keys[step % keys.length]
  if (key === undefined) return by
  const child = replaced((value as JsonObject)[key], rest, by)
  return Array.isArray(value) ? value.with(Number(key), child) : { ...value, [key]: child }
}

describe("Reading a request", () => {
  it("never throws, whatever the JSON is", () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), read))
    fc.assert(fc.property(fc.jsonValue(), (input) => read({ input })))
  })

  it("never throws when one place of a good request is something else", () => {
    const one = fc.tuple(
      fc.constantFrom(...requests),
      fc.array(fc.nat(30), { minLength: 1, maxLength: 7 }),
      fc.jsonValue()
    )
    fc.assert(
      fc.property(one, ([request, steps, by]) => read(replaced(request, steps, by) as JsonObject)),
      { numRuns: 1000 }
    )
  })
})
