import type { PluginFlag } from "@cliproxy/pipeline"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import { splitArguments } from "../src/plugin-flags/host-flags.ts"
import { readPluginFlags } from "../src/plugin-flags/read-plugin-flags.ts"

const flag = (name: string, type: PluginFlag["type"]): PluginFlag => ({
  name,
  type,
  usage: "",
  defaultValue: "",
  plugin: "p"
})

const flags = [flag("login", "bool"), flag("name", "string"), flag("times", "int"), flag("wait", "duration")]

const read = (...args: ReadonlyArray<string>) =>
  Result.match(readPluginFlags(args, flags), {
    onFailure: (message) => message,
    onSuccess: ({ given, rest }) => [Object.fromEntries(given), rest] as const
  })

describe("the flags of plugins on a command line", () => {
  it("have one dash or two, and their value behind an equals sign or in the next word", () => {
    for (const dashes of ["-", "--"]) {
      assert.deepStrictEqual(read(`${dashes}name=Jane Doe`), [{ name: "Jane Doe" }, []])
      assert.deepStrictEqual(read(`${dashes}name`, "Jane", "serve"), [{ name: "Jane" }, ["serve"]])
      assert.deepStrictEqual(read(`${dashes}login`, "serve"), [{ login: "true" }, ["serve"]])
      assert.deepStrictEqual(read(`${dashes}login=F`), [{ login: "false" }, []])
    }
    assert.deepStrictEqual(read("--name=a=b", "--name="), [{ name: "" }, []])
    assert.deepStrictEqual(read("--name", "-x"), [{ name: "-x" }, []])
  })

  it("get their values in the form that plugins know", () => {
    assert.deepStrictEqual(read("--times", "+12", "--wait", "90m"), [{ times: "12", wait: "1h30m0s" }, []])
  })

  it("leave everything else to the host, and everything behind --", () => {
    const rest = ["serve", "--config", "c.yaml", "-p", "1", "--names", "---name", "--", "--login"]
    assert.deepStrictEqual(read(...rest), [{}, rest])
  })

  it("are refused without a value, and with one of another type, which is not repeated", () => {
    assert.strictEqual(read("--name"), "--name needs a value")
    assert.strictEqual(read("--times", "many"), "--times: expected a value of type int")
    assert.strictEqual(read("--login=maybe"), "--login: expected a value of type bool")
  })
})

describe("a command line without knowing the plugins", () => {
  it("is taken apart into the command, the host's flags, and whether there are others", () => {
    assert.deepStrictEqual(splitArguments(["--config", "c.yaml", "-p=1", "serve", "--help", "x"]), {
      command: "serve",
      host: new Map([
        ["config", "c.yaml"],
        ["port", "1"],
        ["help", ""]
      ]),
      hasOthers: false
    })
    assert.deepStrictEqual(splitArguments(["-c", "c.yaml", "-lab-login"]), {
      command: undefined,
      host: new Map([["config", "c.yaml"]]),
      hasOthers: true
    })
    assert.deepInclude(splitArguments(["--lab-name", "serve"]), { command: undefined, hasOthers: true })
    assert.isFalse(splitArguments(["--", "--lab-login"]).hasOthers)
  })
})
