import { encodeSuccess } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Logger, Scope } from "effect"
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { defaultRestartPolicy, type IsolatedOptions } from "../src/isolated-options.ts"
import { openIsolatedPlugin } from "../src/isolated-plugin.ts"
import type { PluginConnection } from "../src/plugin-connection.ts"
import { describeConnection } from "./support/connection-suite.ts"
import { callJson, echoHost } from "./support/conversation.ts"
import { missedDeadlineMs } from "./support/missed-deadline.ts"
import { eventually } from "./support/eventually.ts"
import { cPlugin, freshCopy, goPlugin } from "./support/fixtures.ts"
import { heldHost } from "./support/held-host.ts"

const crash = cPlugin("crash")
/** Built before the first test, since a first build takes its time. */
const go = goPlugin()

const open = (path: string, options: Partial<IsolatedOptions> = {}) =>
  openIsolatedPlugin({ id: "fixture", path, onHostCall: echoHost, ...options })

describeConnection({
  name: "to a plugin in a process of its own",
  // Calls that never return are part of the suite; here they would get the process replaced in the middle of a test.
  open: (options) => openIsolatedPlugin({ ...options, restart: { stuckAfterMs: 60_000 } })
})

/** A plugin, and calls that never return: each is running when its fiber is given. */
const openHanging = Effect.fnUntraced(function* (options: Partial<IsolatedOptions>) {
  let begun = 0
  const plugin = yield* open(crash, {
    ...options,
    onHostCall: () => Effect.sync(() => (begun++, encodeSuccess({})))
  })
  const hang = Effect.fnUntraced(function* (deadlineMs: number) {
    const before = begun
    for (;;) {
      const fiber = yield* Effect.forkChild(Effect.exit(callJson(plugin, "hang", {}, { deadlineMs })))
      yield* eventually(() => begun > before || fiber.pollUnsafe() !== undefined)
      // On a machine with much else to do, a deadline can pass before the plugin is called.
      if (begun > before) return fiber
    }
  })
  return { plugin, hang }
})

const processExists = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Sockets and pipes that this process has open. */
const openPipes = () =>
  readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return /^(socket|pipe):/.test(readlinkSync(`/proc/self/fd/${descriptor}`))
    } catch {
      return false
    }
  }).length

const pidOf = (call: PluginConnection["call"]) => call("pid", new Uint8Array(0))

describe("an isolated plugin", () => {
  for (const [method, ending] of [
    ["segfault", /signal SIGSEGV/],
    ["abort", /signal SIGABRT/],
    ["exit", /exit code 3/],
    ["stack", /signal SIG(SEGV|BUS)/],
    ["kill", /signal SIGKILL/],
    ["crash-in-host-call", /signal SIGABRT/]
  ] as const) {
    it.live(`that ends by ${method} fails the call that runs, and serves the next one from a new process`, () =>
      Effect.gen(function* () {
        const plugin = yield* open(crash)
        const first = yield* callJson(plugin, "pid")
        const error = yield* Effect.flip(callJson(plugin, method))
        assert.strictEqual(error._tag, "PluginCrashed")
        assert.match(error.message, ending)
        const second = yield* callJson(plugin, "pid")
        assert.notStrictEqual(second, first)
        assert.isFalse(processExists(first as number))
      })
    )
  }

  it.live("that panics in Go fails the calls in flight, and another plugin notices nothing", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all([open(go), open(go)])
      const calls = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 20 }, () => Effect.exit(callJson(one, "sleep", { Ms: 600_000 }))),
          { concurrency: "unbounded" }
        )
      )
      const others = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 20 }, () => callJson(other, "sleep", { Ms: 200 })),
          { concurrency: "unbounded" }
        )
      )
      yield* Effect.sleep(50)
      assert.strictEqual((yield* Effect.flip(callJson(one, "panic")))._tag, "PluginCrashed")
      for (const exit of yield* Fiber.join(calls)) {
        assert.isTrue(Exit.isFailure(exit))
        assert.match(String(exit), /PluginCrashed/)
      }
      assert.strictEqual((yield* Fiber.join(others)).length, 20)
      assert.deepStrictEqual(yield* callJson(one, "echo", 1), 1)
    })
  )

  it.live("is prepared anew before its new process gets calls", () =>
    Effect.gen(function* () {
      const prepared: Array<unknown> = []
      const plugin = yield* open(crash, {
        prepare: (call) =>
          call("pid", new Uint8Array(0)).pipe(
            Effect.tap((pid) => Effect.sync(() => prepared.push(pid))),
            Effect.asVoid
          )
      })
      assert.deepStrictEqual(prepared, [])
      yield* Effect.flip(callJson(plugin, "abort"))
      const pid = yield* callJson(plugin, "pid")
      assert.deepStrictEqual(prepared, [pid])
    })
  )

  it.live("is prepared with the one before it at hand, when that is replaced in good order", () =>
    Effect.gen(function* () {
      const pids: Array<readonly [unknown, unknown]> = []
      const plugin = yield* open(crash, {
        prepare: Effect.fnUntraced(function* (call, predecessor) {
          pids.push([predecessor === undefined ? undefined : yield* pidOf(predecessor), yield* pidOf(call)])
        }),
        restart: { stuckAfterMs: 20 }
      })
      const first = yield* callJson(plugin, "pid")
      yield* plugin.replace
      const second = yield* callJson(plugin, "pid")
      assert.deepStrictEqual(pids, [[first, second]])
      // One that hangs is not to be waited for, and one that crashed is not there.
      yield* Effect.flip(callJson(plugin, "spin", {}, { deadlineMs: missedDeadlineMs }))
      yield* eventually(() => pids.length === 2)
      yield* Effect.flip(callJson(plugin, "abort"))
      yield* callJson(plugin, "pid")
      assert.deepStrictEqual(
        pids.slice(1).map(([predecessor]) => predecessor),
        [undefined, undefined]
      )
    })
  )

  it.live("gets no calls in a process that ended while it was prepared: another one is started", () =>
    Effect.gen(function* () {
      const prepared: Array<number> = []
      const plugin = yield* open(crash, {
        prepare: Effect.fnUntraced(function* (call) {
          const pid = (yield* pidOf(call)) as number
          prepared.push(pid)
          if (prepared.length > 1) return
          yield* call("exit-soon", new Uint8Array(0))
          yield* eventually(() => !processExists(pid))
          // The end of the process and of its socket are told one after the other.
          yield* Effect.sleep(50)
        }),
        restart: { firstDelayMs: 1 }
      })
      yield* Effect.flip(callJson(plugin, "abort"))
      yield* eventually(() => prepared.length === 2)
      yield* eventually(() => Effect.map(plugin.stats, ({ pid }) => pid === prepared[1]))
      assert.strictEqual(yield* callJson(plugin, "pid"), prepared[1])
    })
  )

  it.live("closed while it waits to be started again is not started any more", () =>
    Effect.gen(function* () {
      let starts = 0
      const scope = yield* Scope.make()
      const plugin = yield* open(crash, {
        connectHost: () => (starts++, { handler: echoHost, end: () => {} }),
        restart: { firstDelayMs: 100 }
      }).pipe(Scope.provide(scope))
      yield* Effect.flip(callJson(plugin, "abort"))
      yield* Effect.flip(callJson(plugin, "abort"))
      assert.deepInclude(yield* Effect.flip(callJson(plugin, "pid")), { state: "restarting" })
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(starts, 2)
      yield* Effect.sleep(200)
      assert.strictEqual(starts, 2)
    })
  )

  it.live("closed while it is replaced ends the process that was to come, and says so", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const preparing = yield* Deferred.make<number>()
      const closed = yield* Deferred.make<void>()
      const plugin = yield* open(crash, {
        prepare: Effect.fnUntraced(function* (call) {
          yield* Deferred.succeed(preparing, (yield* pidOf(call)) as number)
          yield* Deferred.await(closed)
        })
      }).pipe(Scope.provide(scope))
      const replacing = yield* Effect.forkChild(Effect.flip(plugin.replace))
      const pid = yield* Deferred.await(preparing)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.succeed(closed, undefined)
      assert.match((yield* Fiber.join(replacing)).message, /the plugin has been closed/)
      assert.isFalse(processExists(pid))
    })
  )

  it.live("is started again with growing delays, and stays off after too many crashes in a row, saying so", () =>
    Effect.gen(function* () {
      const plugin = yield* open(crash, { restart: { fuseAfter: 3, firstDelayMs: 300 } })
      yield* Effect.flip(callJson(plugin, "abort"))
      yield* Effect.flip(callJson(plugin, "abort"))
      const error = yield* Effect.flip(callJson(plugin, "pid"))
      assert.deepInclude(error, { _tag: "PluginUnavailable", state: "restarting" })
      yield* eventually(() => Effect.map(plugin.stats, ({ pid }) => pid !== undefined))
      yield* Effect.flip(callJson(plugin, "abort"))
      yield* eventually(() =>
        Effect.map(
          Effect.flip(callJson(plugin, "pid")),
          (failure) => failure._tag === "PluginUnavailable" && failure.state === "fused"
        )
      )
      const fused = yield* Effect.flip(callJson(plugin, "pid"))
      assert.match(fused.message, /fused: it ended 3 times in a row, at last with signal SIGABRT/)
      yield* plugin.replace
      assert.isNumber(yield* callJson(plugin, "pid"))
    })
  )

  it.live("that is killed from outside is started again, however often", () =>
    Effect.gen(function* () {
      const plugin = yield* open(crash, { restart: { fuseAfter: 2, firstDelayMs: 1, maxKilledDelayMs: 1 } })
      const seen = new Set<unknown>()
      for (let kills = 0; kills < 6; kills++) {
        yield* eventually(() => Effect.map(plugin.stats, ({ pid }) => pid !== undefined && !seen.has(pid)))
        const { pid } = yield* plugin.stats
        seen.add(pid)
        process.kill(pid!, "SIGKILL")
      }
      yield* eventually(() => Effect.map(plugin.stats, ({ pid }) => pid !== undefined && !seen.has(pid)))
      assert.isNumber(yield* callJson(plugin, "pid"))
      // Its own crashes still count.
      yield* Effect.flip(callJson(plugin, "abort"))
      yield* eventually(() => Effect.map(plugin.stats, ({ pid }) => pid !== undefined))
      yield* Effect.flip(callJson(plugin, "abort"))
      yield* eventually(() =>
        Effect.map(
          Effect.flip(callJson(plugin, "pid")),
          (failure) => failure._tag === "PluginUnavailable" && failure.state === "fused"
        )
      )
    })
  )

  it.live("that does not come up again counts as crashed", () =>
    Effect.gen(function* () {
      const marker = join(mkdtempSync(join(tmpdir(), "cliproxy-ffi-")), "crash")
      process.env["FIXTURE_CRASH_INIT_FILE"] = marker
      const plugin = yield* open(crash, { restart: { fuseAfter: 3, firstDelayMs: 1 } })
      writeFileSync(marker, "")
      yield* Effect.flip(callJson(plugin, "abort"))
      yield* eventually(() =>
        Effect.map(
          Effect.flip(callJson(plugin, "pid")),
          (failure) => failure._tag === "PluginUnavailable" && failure.state === "fused"
        )
      )
    }).pipe(Effect.ensuring(Effect.sync(() => delete process.env["FIXTURE_CRASH_INIT_FILE"])))
  )

  it.live(
    "in an endless loop: the caller is freed at the deadline, the next call succeeds, the process is replaced",
    () =>
      Effect.gen(function* () {
        const plugin = yield* open(crash, { restart: { stuckAfterMs: 100 } })
        const first = (yield* callJson(plugin, "pid")) as number
        const error = yield* Effect.flip(callJson(plugin, "spin", {}, { deadlineMs: missedDeadlineMs }))
        assert.strictEqual(error._tag, "PluginDeadlineExceeded")
        assert.isNumber(yield* callJson(plugin, "pid"))
        yield* eventually(() => !processExists(first))
        assert.notStrictEqual(yield* callJson(plugin, "pid"), first)
        assert.deepInclude(yield* plugin.stats, { inFlight: 0, abandoned: 0 })
      })
  )

  it.live("replaced while another of its calls runs lets that call finish", () =>
    Effect.gen(function* () {
      const plugin = yield* open(crash, { restart: { stuckAfterMs: 20 } })
      const first = yield* callJson(plugin, "pid")
      const slow = yield* Effect.forkChild(callJson(plugin, "sleep"))
      yield* Effect.flip(callJson(plugin, "spin", {}, { deadlineMs: missedDeadlineMs }))
      assert.strictEqual(yield* Fiber.join(slow), first)
    })
  )

  it.live("is replaced also when those have hung up whose calls never return", () =>
    Effect.gen(function* () {
      const { plugin, hang } = yield* openHanging({ maxThreads: 2, restart: { stuckAfterMs: 20 } })
      const { pid } = yield* plugin.stats
      const callers = yield* Effect.all([hang(300), hang(300)])
      yield* Fiber.interruptAll(callers)
      yield* eventually(() => Effect.map(plugin.stats, (stats) => stats.pid !== undefined && stats.pid !== pid))
      assert.isNumber(yield* callJson(plugin, "pid"))
    })
  )

  it.live(
    "whose threads are all held by calls that nobody waits for is replaced long before these calls' deadline",
    () =>
      Effect.gen(function* () {
        const { plugin, hang } = yield* openHanging({ maxThreads: 2, restart: { stuckAfterMs: 20, drainMs: 20 } })
        const { pid } = yield* plugin.stats
        const callers = yield* Effect.all([hang(600_000), hang(600_000)])
        yield* Fiber.interruptAll(callers)
        const error = yield* Effect.flip(callJson(plugin, "pid", {}, { deadlineMs: 20 }))
        assert.strictEqual(error._tag, "PluginDeadlineExceeded")
        yield* eventually(() => Effect.map(plugin.stats, (stats) => stats.pid !== undefined && stats.pid !== pid))
        assert.isNumber(yield* callJson(plugin, "pid"))
      })
  )

  it.live("that is only busy keeps its process, whatever waits in vain", () =>
    Effect.gen(function* () {
      const { plugin, hang } = yield* openHanging({ maxThreads: 2, closeDeadlineMs: 20 })
      const { pid } = yield* plugin.stats
      yield* Effect.all([hang(600_000), hang(600_000)])
      const end = performance.now() + 1.5 * defaultRestartPolicy.stuckAfterMs
      while (performance.now() < end) {
        const error = yield* Effect.flip(callJson(plugin, "pid", {}, { deadlineMs: 10 }))
        assert.strictEqual(error._tag, "PluginDeadlineExceeded")
        yield* eventually(() => Effect.map(plugin.stats, ({ abandoned }) => abandoned === 0))
      }
      assert.strictEqual((yield* plugin.stats).pid, pid)
    })
  )

  it.live("whose late answer comes before it counts as stuck keeps its process", () =>
    Effect.gen(function* () {
      const host = yield* heldHost
      const plugin = yield* open(cPlugin("echo"), { ...host, restart: { stuckAfterMs: 60_000 } })
      const before = (yield* plugin.stats).pid
      yield* Effect.flip(callJson(plugin, "host", {}, { deadlineMs: missedDeadlineMs }))
      assert.deepInclude(yield* plugin.stats, { inFlight: 0, abandoned: 1 })
      yield* host.answer
      yield* eventually(() => Effect.map(plugin.stats, ({ abandoned }) => abandoned === 0))
      assert.strictEqual(yield* callJson(plugin, "echo", 1), 1)
      assert.strictEqual((yield* plugin.stats).pid, before)
    })
  )

  it.live("swaps to a changed file without failing a call; running ones finish on the old process", () =>
    Effect.gen(function* () {
      const path = freshCopy(crash)
      const plugin = yield* open(path)
      const first = (yield* callJson(plugin, "pid")) as number
      const slow = yield* Effect.forkChild(callJson(plugin, "sleep"))
      yield* Effect.sleep(20)
      copyFileSync(go, `${path}.new`)
      renameSync(`${path}.new`, path)
      yield* plugin.replace
      assert.deepStrictEqual(yield* callJson(plugin, "echo", { new: true }), { new: true })
      assert.strictEqual(yield* Fiber.join(slow), first)
      yield* eventually(() => !processExists(first))
    })
  )

  it.live("keeps its old process when the changed file does not load", () =>
    Effect.gen(function* () {
      const path = freshCopy(crash)
      const plugin = yield* open(path)
      const first = yield* callJson(plugin, "pid")
      rmSync(path)
      writeFileSync(path, "not a library")
      assert.strictEqual((yield* Effect.flip(plugin.replace))._tag, "PluginNotALibrary")
      assert.strictEqual(yield* callJson(plugin, "pid"), first)
    })
  )

  it.live("swapped 30 times leaves one process behind", () =>
    Effect.gen(function* () {
      const plugin = yield* open(crash)
      const pids = new Set<number>()
      for (let i = 0; i < 30; i++) {
        pids.add((yield* callJson(plugin, "pid")) as number)
        yield* plugin.replace
      }
      assert.strictEqual(pids.size, 30)
      yield* eventually(() => [...pids].every((pid) => !processExists(pid)))
    })
  )

  it.live("that crashes while it loads says how its process ended", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(open(cPlugin("crash", ["CRASH_IN_INIT"])))
      assert.strictEqual(error._tag, "PluginHostExhausted")
      assert.match(error.message, /its process ended while loading it \(signal SIGABRT\)/)
    })
  )

  it.live("that hangs while it loads is given up at the deadline, and its process is gone", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(open(cPlugin("crash", ["HANG_IN_INIT"]), { loadDeadlineMs: 100 }))
      assert.deepInclude(error, { _tag: "PluginLoadDeadlineExceeded", deadlineMs: 100 })
    })
  )

  it.live("that crashes in shutdown still lets its scope close", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const library = cPlugin("crash", ["CRASH_IN_SHUTDOWN"])
      const plugin = yield* open(library, { closeDeadlineMs: 600_000 }).pipe(Scope.provide(scope))
      const pid = (yield* callJson(plugin, "pid")) as number
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(processExists(pid))
    })
  )

  it.live("ends with its scope, also when a call never returns, and takes no further call", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const plugin = yield* open(crash, { closeDeadlineMs: 100 }).pipe(Scope.provide(scope))
      const pid = (yield* callJson(plugin, "pid")) as number
      yield* Effect.flip(callJson(plugin, "spin", {}, { deadlineMs: 10 }))
      yield* Scope.close(scope, Exit.void)
      yield* eventually(() => !processExists(pid))
      assert.strictEqual((yield* Effect.flip(callJson(plugin, "pid")))._tag, "PluginClosed")
    })
  )

  it.live("stops the host's work for it when its process ends", () =>
    Effect.gen(function* () {
      let begun = 0
      let stopped = 0
      const plugin = yield* open(go, {
        onHostCall: () =>
          Effect.suspend(() => {
            begun++
            return Effect.onInterrupt(Effect.never, () => Effect.sync(() => void stopped++))
          })
      })
      const call = yield* Effect.forkChild(
        Effect.flip(callJson(plugin, "host", { Method: "host.test", Times: 4, Parallel: 4 }))
      )
      yield* eventually(() => begun === 4)
      process.kill((yield* plugin.stats).pid ?? 0, "SIGKILL")
      assert.strictEqual((yield* Fiber.join(call))._tag, "PluginCrashed")
      yield* eventually(() => stopped === 4)
    })
  )

  it.live("has a host of its own in each process, which is told when that process has ended", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      let processes = 0
      const connectHost = () => {
        const number = ++processes
        return {
          handler: (method: string) => Effect.sync(() => (events.push(`${method} in ${number}`), encodeSuccess({}))),
          end: () => void events.push(`end of ${number}`)
        }
      }
      yield* Effect.scoped(
        Effect.gen(function* () {
          const plugin = yield* open(crash, { connectHost })
          yield* Effect.flip(callJson(plugin, "crash-in-host-call"))
          yield* callJson(plugin, "pid")
          yield* Effect.flip(callJson(plugin, "crash-in-host-call"))
          yield* eventually(() => events.length === 4)
        })
      )
      assert.deepStrictEqual(events.slice(0, 4), ["host.test in 1", "end of 1", "host.test in 2", "end of 2"])
    })
  )

  it.live("takes a call of 8 goroutines calling back in each of 100 concurrent calls", () =>
    Effect.gen(function* () {
      const plugin = yield* open(go, {
        onHostCall: (_method, request) =>
          Effect.delay(Effect.succeed(encodeSuccess(JSON.parse(new TextDecoder().decode(request)))), 2)
      })
      const answers = yield* Effect.all(
        Array.from({ length: 100 }, (_, call) =>
          callJson(plugin, "host", { Method: "host.test", Request: { call }, Times: 8, Parallel: 8 })
        ),
        { concurrency: "unbounded" }
      )
      for (const [call, answer] of answers.entries()) {
        assert.deepStrictEqual(answer, { answers: Array.from({ length: 8 }, () => ({ ok: true, result: { call } })) })
      }
    })
  )

  it.live("is started again when the gateway has descriptors again, after it had none", () =>
    Effect.gen(function* () {
      const { spawn } = yield* Effect.promise(() => import("node:child_process"))
      const { text } = yield* Effect.promise(() => import("node:stream/consumers"))
      const script = new URL("support/starved-plugin.ts", import.meta.url).pathname
      const command = [process.execPath, "--conditions=@cliproxy/source", script, crash]
      const gateway = spawn("sh", ["-c", 'ulimit -n 64; exec "$@"', "sh", ...command])
      const [out, err] = yield* Effect.promise(() => Promise.all([text(gateway.stdout), text(gateway.stderr)]))
      assert.match(out, /number\n$/, err)
    })
  )

  for (const left of ["leave-program", "leave-twin"]) {
    it.live.skipIf(process.platform !== "linux")(
      `that has left a process behind (${left}) costs the gateway no descriptor when it crashes`,
      () =>
        Effect.gen(function* () {
          const groups: Array<number> = []
          yield* Effect.addFinalizer(() =>
            Effect.sync(() => {
              for (const group of groups) process.kill(-group, "SIGKILL")
            })
          )
          const plugin = yield* open(crash, { restart: { firstDelayMs: 1, maxDelayMs: 1, fuseAfter: 1000 } })
          const before = openPipes()
          for (let crashes = 0; crashes < 5; crashes++) {
            yield* eventually(() => Effect.map(plugin.stats, ({ pid }) => pid !== undefined))
            groups.push((yield* callJson(plugin, left)) as number)
            yield* Effect.flip(callJson(plugin, "abort"))
          }
          yield* eventually(() => Effect.map(plugin.stats, ({ pid }) => pid !== undefined))
          yield* eventually(() => openPipes() <= before)
        })
    )
  }

  it.live("gets the gateway's environment, but for what is withheld from it", () =>
    Effect.gen(function* () {
      process.env["FIXTURE_SECRET"] = "s"
      process.env["FIXTURE_SETTING"] = "s"
      const plugin = yield* open(crash, { withheldVariables: ["FIXTURE_SECRET"] })
      const has = (name: string) => plugin.call("has-variable", Buffer.from(name))
      assert.isFalse(yield* has("FIXTURE_SECRET"))
      assert.isTrue(yield* has("FIXTURE_SETTING"))
      yield* Effect.flip(callJson(plugin, "abort"))
      assert.isFalse(yield* has("FIXTURE_SECRET"))
    }).pipe(
      Effect.ensuring(
        Effect.sync(() => {
          delete process.env["FIXTURE_SECRET"]
          delete process.env["FIXTURE_SETTING"]
        })
      )
    )
  )

  it.live("writes to the log line by line, wherever its output is cut", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const keeping = Logger.make(({ message }) => void lines.push(String(message)))
      yield* Effect.scoped(Effect.flatMap(open(crash), (plugin) => callJson(plugin, "talk-in-pieces"))).pipe(
        Effect.provide(Logger.layer([keeping]))
      )
      yield* eventually(() => lines.includes("an end"))
      assert.deepStrictEqual(lines, ["one line", "and another", "an end"])
    })
  )

  it.live("lives and dies with the gateway: a killed gateway leaves no process behind", () =>
    Effect.gen(function* () {
      const { spawn } = yield* Effect.promise(() => import("node:child_process"))
      const script = new URL("support/hold-plugin.ts", import.meta.url).pathname
      const gateway = spawn(process.execPath, ["--conditions=@cliproxy/source", script, crash], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      const pid = yield* Effect.callback<number>((resume) => {
        gateway.stdout.once("data", (data) => resume(Effect.succeed(Number(String(data)))))
      })
      assert.isTrue(processExists(pid))
      gateway.kill("SIGKILL")
      yield* eventually(() => !processExists(pid))
      assert.isTrue(existsSync(crash))
    })
  )
})
