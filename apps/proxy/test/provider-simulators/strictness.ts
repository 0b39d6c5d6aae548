import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"

import { squarePng } from "../sdk-matrix/png.ts"
import type { JsonObject, Scenarios } from "./scenario.ts"
import type { Simulator, SimulatorOptions } from "./simulator.ts"

/** The key that the simulators of these tests let in. */
export const KEY = "simulator-key"

/** An image that every provider takes. */
export const png = squarePng(4, [1, 2, 3])

/** A simulator, a request that it takes, and what it must refuse. */
export interface StrictProvider {
  readonly name: string
  readonly start: (scenarios: Scenarios, options: SimulatorOptions) => Effect.Effect<Simulator, never, Scope.Scope>
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** A body that is taken. */
  readonly good: JsonObject
  /** Fields that replace those of the good body, and a piece of what the provider says to it. */
  readonly bad: ReadonlyArray<readonly [fields: JsonObject, said: string]>
}

/** Tests that the good request is taken, and that each bad one is refused for the reason given. */
export const testStrictness = ({ name, start, path, headers, good, bad }: StrictProvider): void => {
  const post = Effect.fnUntraced(function* (fields: JsonObject, given: Readonly<Record<string, string>>) {
    const simulator = yield* start({}, { apiKey: KEY, seed: 1 })
    const response = yield* Effect.promise(() =>
      fetch(`${simulator.url}${path}`, { method: "POST", headers: given, body: JSON.stringify({ ...good, ...fields }) })
    )
    const answer = yield* Effect.promise(() => response.text())
    return { status: response.status, answer, simulator }
  })

  describe(`the simulator of ${name}`, () => {
    it.live("takes a good request and remembers what the model saw of it", () =>
      Effect.gen(function* () {
        const { status, simulator } = yield* post({}, headers)
        assert.strictEqual(status, 200)
        assert.lengthOf(simulator.accepted, 1)
        const isError = name === "OpenAI" ? undefined : false
        assert.deepStrictEqual(simulator.accepted[0]?.view?.results, [
          { name: "look", text: "done", isError, images: [] }
        ])
      })
    )

    it.live("takes no request without the key", () =>
      Effect.gen(function* () {
        const { status, simulator } = yield* post({}, { "anthropic-version": "2023-06-01" })
        assert.oneOf(status, [401, 403])
        assert.lengthOf(simulator.rejected, 1)
      })
    )

    for (const [fields, said] of bad) {
      it.live(`refuses ${JSON.stringify(fields).slice(0, 110)}`, () =>
        Effect.gen(function* () {
          const { status, answer, simulator } = yield* post(fields, headers)
          assert.strictEqual(status, 400, answer)
          assert.include(JSON.stringify(JSON.parse(answer)).replaceAll('\\"', '"'), said)
          assert.lengthOf(simulator.accepted, 0)
        })
      )
    }
  })
}
