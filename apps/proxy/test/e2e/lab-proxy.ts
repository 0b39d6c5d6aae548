import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { libraryExtension } from "@cliproxy/ffi"
import { Effect } from "effect"

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
  const library = join(cwd, "plugins", `lab${libraryExtension()}`)
  const header = join(dirname(createRequire(import.meta.url).resolve("@cliproxy/abi/package.json")), "include")
  const source = fileURLToPath(new URL("../fixtures/lab_plugin.c", import.meta.url))
  const shape = ["-std=gnu11", "-D_GNU_SOURCE", "-fPIC", "-shared", "-fvisibility=hidden", "-pthread"]
  const warnings = ["-Wall", "-Wextra", "-Werror"]
  execFileSync(process.env["CC"] || "cc", [...shape, ...warnings, `-I${header}`, "-o", library, source])
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
