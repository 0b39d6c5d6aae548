import { ModelInfo, zeroValue } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import { exposedModels } from "../../src/credential-files/exposed-models.ts"
import { readFileSettings } from "../../src/credential-files/file-settings.ts"

const named = (id: string, name = id) => ({ name, info: { ...zeroValue(ModelInfo), ID: id } })

/** What clients see of these models with this file, as `name <- the plugin's name`. */
const seen = (file: Record<string, unknown>, offered = [named("big-1"), named("big-2"), named("small-1")]) => {
  const expose = exposedModels(Result.getOrThrow(readFileSettings(file)))
  return (expose?.(offered) ?? offered).map(({ info, name }) => (name === info.ID ? name : `${name} <- ${info.ID}`))
}

describe("a credential file's models", () => {
  it("are all that are offered when it says nothing of them", () => {
    assert.isUndefined(exposedModels({ excludedModels: [], modelAliases: [] }))
    assert.deepStrictEqual(seen({}), ["big-1", "big-2", "small-1"])
  })

  it("are excluded by name and by wildcard, in any case of letters", () => {
    assert.deepStrictEqual(seen({ excluded_models: ["BIG-*"] }), ["small-1"])
    assert.deepStrictEqual(seen({ excluded_models: ["*-1", ""] }), ["big-2"])
    assert.deepStrictEqual(seen({ excluded_models: ["*"] }), [])
    assert.deepStrictEqual(seen({ excluded_models: "big-1" }), ["big-1", "big-2", "small-1"])
  })

  it("take an alias in place of their name, or beside it", () => {
    assert.deepStrictEqual(seen({ model_aliases: [{ name: "big-1", alias: "best" }] }), [
      "best <- big-1",
      "big-2",
      "small-1"
    ])
    assert.deepStrictEqual(seen({ model_aliases: [{ name: "big-1", alias: "best", fork: true }] }).slice(0, 2), [
      "best <- big-1",
      "big-1"
    ])
    assert.deepStrictEqual(seen({ model_aliases: [{ name: " ", alias: "x" }, { name: "big-1" }, 7] }), [
      "big-1",
      "big-2",
      "small-1"
    ])
  })

  it("may have several aliases, and one alias may have several models", () => {
    const file = {
      model_aliases: [
        { name: "big-1", alias: "best" },
        { name: "big-1", alias: "strong" },
        { name: "big-2", alias: "best" }
      ]
    }
    assert.deepStrictEqual(seen(file), ["best <- big-1", "strong <- big-1", "best <- big-2", "small-1"])
  })

  it("are known by the name that the configuration gave them, too, and excluded by their alias", () => {
    const offered = [named("big-1", "huge"), named("small-1")]
    assert.deepStrictEqual(seen({ model_aliases: [{ name: "huge", alias: "best" }] }, offered), [
      "best <- big-1",
      "small-1"
    ])
    assert.deepStrictEqual(seen({ excluded_models: ["huge"] }, offered), ["small-1"])
    assert.deepStrictEqual(
      seen({ excluded_models: ["b*t"], model_aliases: [{ name: "huge", alias: "best" }] }, offered),
      ["small-1"]
    )
  })
})
