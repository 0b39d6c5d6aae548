import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { Effect } from "effect"

import { placeFixture } from "../compiled-fixture.ts"
import { startProxy, temporaryFolder } from "../run-proxy.ts"

/** Key of the management API of these proxies. */
export const managementKey = "operators-only"

/** A proxy with the demo provider and the plugin of `fixtures/lab_plugin.c`, which executes for the provider `lab`. */
export const startLabProxy = Effect.fnUntraced(function* (
  isolation: "process" | "in-process",
  env: Readonly<Record<string, string>> = {}
) {
  const cwd = yield* temporaryFolder
  mkdirSync(join(cwd, "plugins"))
  const library = placeFixture("lab_plugin", join(cwd, "plugins"), "lab")
  writeFileSync(
    join(cwd, "c.yaml"),
    `demo: true
remote-management: {secret-key: ${managementKey}}
plugins:
  enabled: true
  dir: plugins
  configs:
    lab: {enabled: true, isolation: ${isolation}}
`
  )
  return { library, proxy: yield* startProxy(["--config", "c.yaml"], { cwd, env }) }
})

/** The process of the plugin, and the calls that run in it; `pid` is `null` in process and while there is none. */
export const labStatus = ({ url }: { readonly url: string }) =>
  Effect.promise(async () => {
    const response = await fetch(`${url}/v0/management/plugins`, { headers: { "x-management-key": managementKey } })
    const { plugins } = (await response.json()) as {
      readonly plugins: ReadonlyArray<{
        readonly pid: number | null
        readonly in_flight: number
        readonly abandoned: number
      }>
    }
    const lab = plugins[0]
    if (lab === undefined) throw new Error("the proxy has no plugin")
    return lab
  })
