import { type PluginCallError, zeroValue, Registration } from "@cliproxy/abi"
import { Effect } from "effect"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import type { ActivePlugin } from "../../src/plugin-host/active-plugin.ts"
import type { PluginHost } from "../../src/plugin-host/plugin-host.ts"
import { refused } from "../plugin-double.ts"

type Request = Record<string, unknown>

/** One call that a double got. */
export interface AuthCall {
  readonly plugin: string
  readonly method: string
  readonly request: Request
}

/** Plugins with `auth_provider` that answer as they are told, by ID and method. Effects are run. */
export interface AuthPluginDoubles {
  readonly plugins: Pick<PluginHost, "active" | "fuse">
  readonly calls: Array<AuthCall>
  /** Calls of this method, without those that ask who owns what. */
  readonly callsOf: (method: string) => ReadonlyArray<AuthCall>
}

export const authPlugins = (
  answers: Record<string, Record<string, (request: Request) => unknown>>
): AuthPluginDoubles => {
  const calls: Array<AuthCall> = []
  const registration = zeroValue(Registration)
  const active = Object.entries(answers).map(([id, methods]): ActivePlugin => ({
    id,
    path: `/plugins/${id}.so`,
    version: "",
    priority: 0,
    isolation: "process",
    registration: { ...registration, capabilities: { ...registration.capabilities, auth_provider: true } },
    connection: {
      id,
      path: `/plugins/${id}.so`,
      stats: Effect.succeed({ inFlight: 0, abandoned: 0 }),
      call: (method, bytes) =>
        Effect.suspend(() => {
          const request = JSON.parse(Buffer.from(bytes).toString()) as Request
          calls.push({ plugin: id, method, request })
          const answer = methods[method]?.(request)
          if (answer === undefined) return refused("unknown_method", `no ${method}`)
          return Effect.isEffect(answer) ? (answer as Effect.Effect<unknown, PluginCallError>) : Effect.succeed(answer)
        })
    }
  }))
  return {
    plugins: { active: () => active, fuse: () => Effect.void },
    calls,
    callsOf: (method) => calls.filter((call) => call.method === method)
  }
}

/** A plugin that owns `provider`, with what else it answers. */
export const owning = (
  provider: string,
  methods: Record<string, (request: Request) => unknown> = {}
): Record<string, (request: Request) => unknown> => ({
  "auth.identifier": () => ({ identifier: provider }),
  ...methods
})

/** A directory of credential files. */
export interface CredentialDirectory {
  readonly dir: string
  readonly put: (name: string, content: unknown) => void
  readonly get: (name: string) => Request
  readonly text: (name: string) => string
  readonly mode: (name: string) => string
  readonly inode: (name: string) => number
}

export const credentialDirectory = Effect.acquireRelease(
  Effect.sync((): CredentialDirectory => {
    const dir = mkdtempSync(join(tmpdir(), "cliproxy-credentials-"))
    const text = (name: string) => readFileSync(join(dir, name), "utf8")
    return {
      dir,
      put: (name, content) =>
        writeFileSync(join(dir, name), typeof content === "string" ? content : JSON.stringify(content)),
      get: (name) => JSON.parse(text(name)) as Request,
      text,
      mode: (name) => (statSync(join(dir, name)).mode & 0o777).toString(8),
      inode: (name) => statSync(join(dir, name)).ino
    }
  }),
  ({ dir }) => Effect.sync(() => rmSync(dir, { recursive: true, force: true }))
)

/** What plugins may know of a host with this directory. */
export const hostOf = (dir: string) => ({
  AuthDir: dir,
  ProxyURL: "",
  ForceModelPrefix: false,
  OAuthModelAlias: {},
  ExcludedModels: {}
})

/** A JSON object as `StorageJSON` and `RawJSON` carry it. */
export const inBase64 = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString("base64")
export const fromBase64 = (text: unknown): Request =>
  JSON.parse(Buffer.from(String(text), "base64").toString()) as Request
