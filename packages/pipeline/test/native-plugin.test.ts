import { NativeBridge } from "@cliproxy/ffi"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Logger, References, Scope } from "effect"
import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { Gateway } from "../src/gateway.ts"
import { layerGateway, layerGatewayWith } from "../src/gateway-live.ts"
import { unavailablePlugins } from "../src/plugin-host/plugin-source.ts"
import type { PluginIsolation } from "../src/settings.ts"
import { provider, settings } from "./gateway-settings.ts"
import { recordingSink } from "./recording-sink.ts"
import { completionBody, startProvider } from "./scripted-provider.ts"

/** A folder with the compiled fixture, removed at the end. */
const pluginFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const dir = mkdtempSync(join(tmpdir(), "cliproxy-pipeline-"))
    const header = join(dirname(createRequire(import.meta.url).resolve("@cliproxy/abi/package.json")), "include")
    const source = fileURLToPath(new URL("fixtures/last_scheduler.c", import.meta.url))
    const extension = process.platform === "darwin" ? "dylib" : "so"
    execFileSync(process.env["CC"] || "cc", [
      "-std=c11",
      "-fPIC",
      "-shared",
      `-I${header}`,
      "-o",
      join(dir, `last.${extension}`),
      source
    ])
    writeFileSync(join(dir, `noise.${extension}`), randomBytes(4096))
    return dir
  }),
  (dir) => Effect.sync(() => rmSync(dir, { recursive: true, force: true }))
)

const plugin = (yaml: string, isolation: PluginIsolation = "in-process") => ({
  enabled: true,
  isolation,
  priority: 0,
  version: undefined,
  yaml
})
const json = { model: "m" }
const request = { id: "r-1", path: "/v1/chat/completions", headers: {}, body: Buffer.from(JSON.stringify(json)), json }

/** What plugin `last` logged. */
const lines: Array<unknown> = []
const logger = Logger.make<unknown, void>(({ fiber, message }) => {
  const annotations = fiber.getRef(References.CurrentLogAnnotations)
  if (annotations["plugin"] === "last") lines.push([message, annotations["id"]])
})

describe.for<PluginIsolation>(["process", "in-process"])("a native scheduler plugin, isolation %s", (isolation) => {
  it.live("chooses, logs through the host, follows its settings, and is shut down once", () =>
    Effect.gen(function* () {
      lines.length = 0
      const dir = yield* pluginFolder
      const server = yield* startProvider
      const shutdowns = join(dir, "shutdowns")
      process.env["CLIPROXY_TEST_SHUTDOWN_FILE"] = shutdowns
      const configured = (yaml: string) =>
        settings([provider(server.baseUrl, ["a", "b", "c"])], {
          plugins: {
            enabled: true,
            dir,
            allowNewerSchema: false,
            configs: new Map([
              ["last", plugin(yaml, isolation)],
              ["noise", plugin("", isolation)]
            ])
          }
        })

      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layerGateway().pipe(Layer.provide(NativeBridge.layer())), scope)
      const gateway = Context.get(context, Gateway)

      const problems = yield* gateway.configure(configured("deny: 0\n"))
      assert.deepStrictEqual(
        problems.map((problem) => problem.plugin),
        ["noise"]
      )
      assert.match(problems.at(0)!.message, /noise\.(so|dylib) is not a loadable shared library/)

      const sink = recordingSink()
      yield* gateway.generate(request, sink)
      assert.strictEqual(sink.text(), completionBody("served by c"))
      assert.deepStrictEqual(lines, [[["picked"], "p/c"]])

      yield* gateway.configure(configured("deny: 1\n"))
      assert.deepInclude(yield* Effect.flip(gateway.generate(request, recordingSink())), {
        _tag: "SchedulerRefused",
        status: 403,
        code: "scheduler_denied",
        message: "denied"
      })

      yield* gateway.configure(configured("deny: 0\n"))
      const sinks = Array.from({ length: 200 }, recordingSink)
      yield* Effect.forEach(sinks, (one) => gateway.generate(request, one), { concurrency: 50, discard: true })
      assert.deepStrictEqual(new Set(sinks.map((one) => one.text())), new Set([completionBody("served by c")]))

      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(readFileSync(shutdowns, "utf8"), "shutdown\n")
    }).pipe(Effect.provide(Logger.layer([logger])))
  )
})

describe("a native scheduler plugin", () => {
  it.live("is reported, and the gateway serves without it, where there is no native bridge", () =>
    Effect.gen(function* () {
      const dir = yield* pluginFolder
      const server = yield* startProvider
      const context = yield* Layer.build(layerGatewayWith(unavailablePlugins("no C compiler")))
      const gateway = Context.get(context, Gateway)
      const problems = yield* gateway.configure(
        settings([provider(server.baseUrl, ["a"])], {
          plugins: { enabled: true, dir, allowNewerSchema: false, configs: new Map([["last", plugin("")]]) }
        })
      )
      assert.deepStrictEqual(problems, [{ plugin: "last", message: "no C compiler" }])
      const sink = recordingSink()
      yield* gateway.generate(request, sink)
      assert.strictEqual(sink.text(), completionBody("served by a"))
    })
  )
})
