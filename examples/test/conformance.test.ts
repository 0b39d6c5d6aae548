import { NativeBridge, openIsolatedPlugin, openPlugin } from "@cliproxy/ffi"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { checkPlugin, type CheckOptions } from "../../apps/proxy/src/plugin-check/check-plugin.ts"
import { buildExamples } from "../build/build-examples.ts"

const examples = await buildExamples()

/** Settings with which an example does something. */
const settings: { readonly [capability: string]: string } = {
  "model-registrar": "models: demo-fast, demo-large",
  "frontend-auth": "badges: alice=sample\ntoken: sample",
  "model-router": "provider: demo\nbytes: 1\nroutes: sam=demo",
  "request-normalizer": "max_tokens: 16\ntemperature: 0.2",
  "request-interceptor": "forbidden: hello\nheader: X-Credential\nmax_bytes: 20",
  "response-normalizers": "fingerprint: sample"
}

const check = (id: string, file: string, open: CheckOptions<{ readonly message: string }, NativeBridge>["open"]) =>
  Effect.gen(function* () {
    const report = yield* checkPlugin({ id, file, settings: settings[id] ?? "", exerciseAll: true, open })
    assert.deepStrictEqual(
      report.findings.filter(({ right }) => !right),
      []
    )
    assert.isAbove(report.findings.length, 8)
    assert.deepStrictEqual(report.skipped, [])
  })

describe.each(examples)("the example $capability in $language", ({ capability, library, outcome }) => {
  const skipped = typeof outcome === "object" ? ` (skipped: ${outcome.skipped})` : ""

  it.live.skipIf(skipped !== "")(`keeps the plugin contract inside of the host's process${skipped}`, () =>
    check(capability, library, (onHostCall) => openPlugin({ id: capability, path: library, onHostCall })).pipe(
      Effect.provide(NativeBridge.layer())
    )
  )

  it.live.skipIf(skipped !== "")(`keeps the plugin contract in a process of its own${skipped}`, () =>
    check(capability, library, (onHostCall, prepare) =>
      openIsolatedPlugin({ id: capability, path: library, onHostCall, prepare })
    ).pipe(Effect.provide(NativeBridge.layer()))
  )
})
