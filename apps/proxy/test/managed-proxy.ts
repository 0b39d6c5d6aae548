import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { Effect } from "effect"

import { startProxy, temporaryFolder } from "./run-proxy.ts"
import { scriptedPlugin } from "./scripted-plugin.ts"

/** The management key of these proxies. */
export const managementKey = "operators-only"

/** What the management API answered. */
export interface ManagementAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text as JSON; `undefined` when it is none. */
  readonly json: unknown
}

const asJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/**
 * A proxy with a plugin `lab`, which has a provider of that name, and a directory `creds`. `config` is its configuration
 * from the key of the management API on. `call` asks the management API, with the key.
 */
export const managedProxy = Effect.fnUntraced(function* (
  config: string,
  capabilities: Readonly<Record<string, unknown>> = { auth_provider: true }
) {
  const cwd = yield* temporaryFolder
  const path = join(cwd, "c.yaml")
  const creds = join(cwd, "creds")
  mkdirSync(join(cwd, "plugins"))
  mkdirSync(creds)
  const lab = scriptedPlugin(join(cwd, "plugins"), "lab", capabilities)
  lab.answer("auth.identifier", { identifier: "lab" })
  const text = `remote-management: {secret-key: ${managementKey}}   # mine\n${config}`
  writeFileSync(path, text)
  const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
  const call = (method: string, route: string, body?: unknown, headers: Record<string, string> = {}) =>
    Effect.promise(async (): Promise<ManagementAnswer> => {
      const raw = typeof body === "string" || body instanceof FormData
      const response = await fetch(`${proxy.url}/v0/management/${route}`, {
        method,
        headers: { authorization: `Bearer ${managementKey}`, ...headers },
        ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) })
      })
      const answer = await response.text()
      return { status: response.status, headers: response.headers, text: answer, json: asJson(answer) }
    })
  return { call, creds, cwd, lab, path, proxy, text }
})
