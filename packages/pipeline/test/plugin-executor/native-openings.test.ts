import { NativeBridge } from "@cliproxy/ffi"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { Gateway } from "../../src/gateway.ts"
import { layerGateway } from "../../src/gateway-live.ts"
import { EXECUTOR_DEADLINES } from "../../src/plugin-executor/executor-deadlines.ts"
import type { PluginIsolation } from "../../src/settings.ts"
import { settings } from "../gateway-settings.ts"
import { recordingSink } from "../recording-sink.ts"

/** A folder with the compiled fixture, removed at the end. */
const fixture = Effect.acquireRelease(
  Effect.sync(() => {
    const dir = mkdtempSync(join(tmpdir(), "cliproxy-openings-"))
    const header = join(dirname(createRequire(import.meta.url).resolve("@cliproxy/abi/package.json")), "include")
    const source = fileURLToPath(new URL("../fixtures/opening.c", import.meta.url))
    const library = join(dir, `opening.${process.platform === "darwin" ? "dylib" : "so"}`)
    const flags = ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-fPIC", "-shared", "-pthread", `-I${header}`]
    execFileSync(process.env["CC"] || "cc", [...flags, "-o", library, source], { stdio: "inherit" })
    const authDir = join(dir, "credentials")
    mkdirSync(authDir)
    for (const [name, priority] of [
      ["a.json", 9],
      ["b.json", 0]
    ] as const) {
      writeFileSync(join(authDir, name), JSON.stringify({ type: "lab", priority }))
    }
    return { authDir, dir, opened: `${library}.opened` }
  }),
  ({ dir }) => Effect.sync(() => rmSync(dir, { recursive: true, force: true }))
)

/** A gateway with the fixture and the credentials `a.json`, whose streams break, and `b.json`, which comes after it. */
const openings = Effect.fnUntraced(function* (isolation: PluginIsolation, idleMs = EXECUTOR_DEADLINES.idleMs) {
  const { authDir, dir, opened } = yield* fixture
  const layer = layerGateway({ executor: { ...EXECUTOR_DEADLINES, idleMs } })
  const context = yield* Layer.build(layer.pipe(Layer.provide(NativeBridge.layer())))
  const gateway = Context.get(context, Gateway)
  const plugin = { enabled: true, isolation, priority: 0, version: undefined, yaml: "enabled: true\n" }
  const plugins = { enabled: true, dir, allowNewerSchema: false, configs: new Map([["opening", plugin]]) }
  assert.deepStrictEqual(yield* gateway.configure(settings([], { authDir, plugins })), [])
  const ask = Effect.fnUntraced(function* (protocol: Protocol, model: string) {
    const json = { model, stream: true, messages: [], contents: [] }
    const sink = recordingSink()
    const body = Buffer.from(JSON.stringify(json))
    const request = { id: "r", path: "/", protocol, target: { model, stream: true }, headers: {}, body, json }
    yield* gateway.generate(request, sink)
    return sink.text()
  })
  return { ask, opened }
})

type Protocol = "openai" | "claude" | "gemini"

const PROTOCOLS: ReadonlyArray<Protocol> = ["openai", "claude", "gemini"]

/** What every answer begins with, once. */
const OPENINGS: Readonly<Record<Protocol, RegExp>> = {
  openai: /"role":"assistant"/g,
  claude: /event: message_start/g,
  gemini: /"modelVersion"/g
}

/** The whole answer of `b.json`, once, and nothing of `a.json`. */
const assertOnlyB = (protocol: Protocol, text: string): void => {
  assert.deepStrictEqual([text.match(OPENINGS[protocol])?.length, text.match(/b\.json/g)?.length], [1, 1], text)
  assert.notInclude(text, "error")
  assert.match(text, /"finish_reason":"stop"|message_stop|"finishReason":"STOP"/)
}

/** Kills so many processes, each when its stream has said all that it says. */
const killAll = Effect.fnUntraced(function* (opened: string, processes: number) {
  for (let killed = 0; killed < processes;) {
    const lines = existsSync(opened) ? readFileSync(opened, "utf8").split("\n").slice(0, -1) : []
    const pid = lines[killed]
    if (pid === undefined) {
      yield* Effect.sleep(5)
      continue
    }
    process.kill(Number(pid), "SIGKILL")
    killed++
  }
})

describe("a native plugin's stream that has said nothing of its answer yet", () => {
  for (const protocol of PROTOCOLS) {
    it.live(`goes on with another credential when its process is killed, for ${protocol} clients`, () =>
      Effect.gen(function* () {
        const { ask, opened } = yield* openings("process")
        // The credential is not to blame for the first: it is asked once more, in the next process.
        yield* Effect.forkChild(killAll(opened, 2))
        assertOnlyB(protocol, yield* ask(protocol, "lab-killed"))
      })
    )
  }

  for (const isolation of ["process", "in-process"] as const) {
    it.live(`goes on with another credential when it fails, ${isolation}`, () =>
      Effect.gen(function* () {
        const { ask } = yield* openings(isolation)
        for (const protocol of PROTOCOLS) assertOnlyB(protocol, yield* ask(protocol, "lab-failed"))
      })
    )

    it.live(`goes on with another credential when nothing more comes, ${isolation}`, () =>
      Effect.gen(function* () {
        const { ask } = yield* openings(isolation, 3_000)
        const texts = yield* Effect.forEach(PROTOCOLS, (protocol) => ask(protocol, "lab-hung"), {
          concurrency: "unbounded"
        })
        for (const [index, protocol] of PROTOCOLS.entries()) assertOnlyB(protocol, texts[index] ?? "")
      })
    )
  }
})
