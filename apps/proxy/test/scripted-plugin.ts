import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { placeFixture } from "./compiled-fixture.ts"

/** One call that a scripted plugin got. */
export interface ScriptedCall {
  readonly method: string
  readonly request: Readonly<Record<string, unknown>>
}

/** A plugin whose answers a test writes. */
export interface ScriptedPlugin {
  readonly path: string
  /** From now on `method` gives this result. */
  readonly answer: (method: string, result: unknown) => void
  /** From now on `method` is refused with this message. */
  readonly refuse: (method: string, message: string) => void
  /** From now on `method` ends the plugin's process. */
  readonly crash: (method: string) => void
  /** From now on `method` does not return. */
  readonly hang: (method: string) => void
  /** Takes `crash` back. */
  readonly recover: (method: string) => void
  /** Calls of a method, or all, in order. */
  readonly calls: (method?: string) => ReadonlyArray<ScriptedCall>
  /** Request of the last call of a method; throws when there was none. */
  readonly lastRequest: (method: string) => ScriptedCall["request"]
}

/** Puts a plugin with these capabilities into a folder. */
export const scriptedPlugin = (
  dir: string,
  id: string,
  capabilities: Readonly<Record<string, unknown>>,
  schemaVersion = 1
): ScriptedPlugin => {
  const script = join(dir, `${id}.script`)
  const calls = join(script, "calls")
  mkdirSync(script, { recursive: true })
  const path = placeFixture("scripted_plugin", dir, id)
  const write = (method: string, envelope: unknown) =>
    writeFileSync(join(script, `${method}.json`), JSON.stringify(envelope))
  const registration = {
    schema_version: schemaVersion,
    metadata: { Name: `scripted ${id}`, Version: "1.0.0", Author: "tests", GitHubRepository: "none" },
    capabilities
  }
  write("plugin.register", { ok: true, result: registration })
  write("plugin.reconfigure", { ok: true, result: registration })
  const callsOf = (method?: string): ReadonlyArray<ScriptedCall> => {
    if (!existsSync(calls)) return []
    const lines = readFileSync(calls, "utf8").split("\n").slice(0, -1)
    return lines.flatMap((line) => {
      const tab = line.indexOf("\t")
      const name = line.slice(0, tab)
      return method === undefined || method === name
        ? [{ method: name, request: JSON.parse(line.slice(tab + 1)) as Record<string, unknown> }]
        : []
    })
  }
  return {
    path,
    answer: (method, result) => write(method, { ok: true, result }),
    refuse: (method, message) => write(method, { ok: false, error: { code: "refused", message } }),
    crash: (method) => writeFileSync(join(script, `${method}.crash`), ""),
    hang: (method) => writeFileSync(join(script, `${method}.hang`), ""),
    recover: (method) => rmSync(join(script, `${method}.crash`)),
    calls: callsOf,
    lastRequest: (method) => {
      const last = callsOf(method).at(-1)
      if (last === undefined) throw new Error(`${id} was not called with ${method}`)
      return last.request
    }
  }
}

/** Finds a plugin by its ID in a list that a test made. */
export const named =
  (plugins: ReadonlyMap<string, ScriptedPlugin>) =>
  (id: string): ScriptedPlugin => {
    const plugin = plugins.get(id)
    if (plugin === undefined) throw new Error(`there is no plugin ${id} in this test`)
    return plugin
  }
