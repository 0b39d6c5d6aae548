import { assert, describe, layer } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { chmodSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { NativeBridge } from "../src/native-bridge.ts"
import { callJson, open } from "./support/conversation.ts"
import { eventually } from "./support/eventually.ts"
import { cPlugin, freshCopy } from "./support/fixtures.ts"
import { heldHost } from "./support/held-host.ts"

const temporary = (name: string) => join(mkdtempSync(join(tmpdir(), "cliproxy-ffi-")), name)

/** Runs an effect with a file in which plugins leave a letter for each shutdown; gives what is in it afterwards. */
const withShutdownMarker = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const marker = temporary("shutdown")
    process.env["FIXTURE_SHUTDOWN_MARKER"] = marker
    const value = yield* effect
    return { value, shutdowns: existsSync(marker) ? readFileSync(marker, "utf8") : "" }
  }).pipe(Effect.ensuring(Effect.sync(() => delete process.env["FIXTURE_SHUTDOWN_MARKER"])))

/** Waits until a plugin has left its letter. */
const shutdownSeen = eventually(() => {
  const marker = process.env["FIXTURE_SHUTDOWN_MARKER"] ?? ""
  return existsSync(marker) && statSync(marker).size > 0
})

layer(NativeBridge.layer(), { excludeTestServices: true })("opening a plugin", (it) => {
  it.effect("fails with PluginFileMissing when there is no such file", () =>
    Effect.gen(function* () {
      const path = temporary("nowhere.so")
      const error = yield* Effect.flip(open(path))
      assert.deepInclude(error, { _tag: "PluginFileMissing", path, code: "ENOENT" })
    })
  )

  it.effect("fails with PluginNotALibrary for random bytes, and repeats the loader's words", () =>
    Effect.gen(function* () {
      const path = temporary("random.so")
      writeFileSync(path, Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251)))
      const error = yield* Effect.flip(open(path))
      assert.strictEqual(error._tag, "PluginNotALibrary")
      assert.match(error.message, /random\.so is not a loadable shared library: .*(ELF|mach-o|invalid)/i)
    })
  )

  it.effect("fails with PluginNotALibrary for an empty file and for a folder", () =>
    Effect.gen(function* () {
      const path = temporary("empty.so")
      writeFileSync(path, "")
      assert.strictEqual((yield* Effect.flip(open(path)))._tag, "PluginNotALibrary")
      assert.strictEqual((yield* Effect.flip(open(tmpdir())))._tag, "PluginNotALibrary")
    })
  )

  it.effect("fails with PluginFileMissing for a file that may not be read", () =>
    Effect.gen(function* () {
      const path = freshCopy(cPlugin("echo"))
      chmodSync(path, 0o000)
      const outcome = yield* Effect.result(open(path))
      // Root may read everything; then the file simply loads.
      if (process.getuid?.() === 0) assert.strictEqual(outcome._tag, "Success")
      else assert.deepInclude(yield* Effect.flip(open(path)), { _tag: "PluginFileMissing", code: "EACCES" })
    })
  )

  it.effect("fails with PluginSymbolMissing and calls nothing", () =>
    Effect.gen(function* () {
      const { value, shutdowns } = yield* withShutdownMarker(Effect.flip(open(cPlugin("broken", ["NO_SYMBOL"]))))
      assert.strictEqual(value._tag, "PluginSymbolMissing")
      assert.strictEqual(shutdowns, "")
    })
  )

  it.effect("fails with PluginInitRefused, says the number, and shuts down once", () =>
    Effect.gen(function* () {
      const { value, shutdowns } = yield* withShutdownMarker(Effect.flip(open(cPlugin("broken", ["REFUSES"]))))
      assert.deepInclude(value, { _tag: "PluginInitRefused", returnCode: 17 })
      assert.strictEqual(shutdowns, "q")
    })
  )

  it.effect("fails with PluginAbiUnsupported, says the version, and shuts down once", () =>
    Effect.gen(function* () {
      const { value, shutdowns } = yield* withShutdownMarker(Effect.flip(open(cPlugin("broken", ["OTHER_ABI"]))))
      assert.deepInclude(value, { _tag: "PluginAbiUnsupported", version: 2 })
      assert.strictEqual(shutdowns, "q")
    })
  )

  for (const [define, missing] of [
    ["NO_CALL", ["call"]],
    ["NO_FREE", ["free_buffer"]]
  ] as const) {
    it.effect(`fails with PluginTableIncomplete when ${missing[0]} is NULL, and shuts down once`, () =>
      Effect.gen(function* () {
        const { value, shutdowns } = yield* withShutdownMarker(Effect.flip(open(cPlugin("broken", [define]))))
        assert.deepInclude(value, { _tag: "PluginTableIncomplete", missing })
        assert.strictEqual(shutdowns, "q")
      })
    )
  }

  it.effect("succeeds without a shutdown function", () =>
    Effect.gen(function* () {
      const { value, shutdowns } = yield* withShutdownMarker(
        Effect.scoped(Effect.map(open(cPlugin("broken", ["NO_SHUTDOWN"])), ({ id }) => id))
      )
      assert.strictEqual(value, "fixture")
      assert.strictEqual(shutdowns, "")
    })
  )

  it.effect("fails with PluginLoadDeadlineExceeded; a load that ends late is shut down at once", () =>
    Effect.gen(function* () {
      const host = yield* heldHost
      const path = freshCopy(cPlugin("broken", ["ANNOUNCES"]))
      const { value, shutdowns } = yield* withShutdownMarker(
        Effect.flip(open(path, { ...host, loadDeadlineMs: 50 })).pipe(
          Effect.tap(() => Effect.andThen(host.answer, shutdownSeen))
        )
      )
      assert.deepInclude(value, { _tag: "PluginLoadDeadlineExceeded", deadlineMs: 50 })
      assert.strictEqual(shutdowns, "q")
    })
  )

  it.effect("that is interrupted shuts the plugin down when the load has ended", () =>
    Effect.gen(function* () {
      const { shutdowns } = yield* withShutdownMarker(
        Effect.gen(function* () {
          const host = yield* heldHost
          const path = freshCopy(cPlugin("broken", ["ANNOUNCES"]))
          const fiber = yield* Effect.forkChild(Effect.scoped(open(path, host)))
          yield* host.called
          yield* Fiber.interrupt(fiber)
          yield* host.answer
          yield* shutdownSeen
        })
      )
      assert.strictEqual(shutdowns, "q")
    })
  )

  it.effect("answers a host call that the plugin makes during its initialisation", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* open(cPlugin("broken", ["CALLS_HOST"]))).id, "fixture")
    })
  )

  it.effect("fails with PluginAlreadyOpen while the same library is open, and leaves that one alone", () =>
    Effect.gen(function* () {
      const path = freshCopy(cPlugin("echo"))
      const plugin = yield* open(path)
      assert.strictEqual((yield* Effect.flip(open(path)))._tag, "PluginAlreadyOpen")
      assert.strictEqual(yield* callJson(plugin, "echo", 1), 1)
    })
  )

  describe("in a scope", () => {
    it.effect("shuts the plugin down once when the scope closes", () =>
      Effect.gen(function* () {
        const { shutdowns } = yield* withShutdownMarker(Effect.scoped(open(freshCopy(cPlugin("echo")))))
        assert.strictEqual(shutdowns, "q")
      })
    )

    it.effect("that outlives the bridge still shuts the plugin down once", () =>
      Effect.gen(function* () {
        const { shutdowns } = yield* withShutdownMarker(
          Effect.scoped(open(freshCopy(cPlugin("echo"))).pipe(Effect.provide(NativeBridge.layer())))
        )
        assert.strictEqual(shutdowns, "q")
      })
    )
  })
})
