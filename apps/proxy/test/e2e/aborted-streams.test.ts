import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs"
import { request } from "node:http"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { until } from "../run-proxy.ts"
import { labStatus, startLabProxy } from "./lab-proxy.ts"

const CLIENTS = 1000
const AT_ONCE = 20

/** A heap so small that memory which nobody holds is collected, and memory that somebody holds shows. */
const smallHeap = { NODE_OPTIONS: "--max-old-space-size=96 --max-semi-space-size=2" }

/** Sockets that a process has open. Linux only. */
const socketsOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(join(`/proc/${pid}/fd`, fd)).startsWith("socket:")
    } catch {
      return false
    }
  }).length

const threadsOf = (pid: number): number => readdirSync(`/proc/${pid}/task`).length

/** Resident memory of a process in MiB. */
const residentMiB = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024

/** A client that leaves in the middle of a stream that would never end, over a connection of its own. */
const leave = (url: string) =>
  Effect.callback<number | undefined>((resume) => {
    const client = request(`${url}/v1/chat/completions`, {
      method: "POST",
      agent: false,
      headers: { "content-type": "application/json" }
    })
    client.on("response", (response) => {
      response.once("data", () => {
        client.destroy()
        resume(Effect.succeed(response.statusCode))
      })
    })
    client.on("error", (error) => resume(Effect.die(error)))
    client.end(JSON.stringify({ model: "lab-endless", messages: [], stream: true }))
  }).pipe(Effect.map((status) => assert.strictEqual(status, 200)))

const crowd = (url: string, clients: number) =>
  Effect.all(
    Array.from({ length: clients }, () => leave(url)),
    { concurrency: AT_ONCE, discard: true }
  )

describe.runIf(process.platform === "linux")("a thousand clients that leave in the middle of a plugin's stream", () => {
  for (const isolation of ["process", "in-process"] as const) {
    it.live(`leave nothing behind (${isolation})`, () =>
      Effect.gen(function* () {
        const { library, proxy } = yield* startLabProxy(isolation, smallHeap)
        const gateway = proxy.child.pid ?? 0
        const idle = socketsOf(gateway)
        const plugin = (yield* labStatus(proxy)).pid ?? gateway
        const refused = `${library}.refused`
        /** Streams of which the plugin knows that they are gone. */
        const aborted = () => (existsSync(refused) ? statSync(refused).size : 0)

        // What is only made once, such as threads, compiled code, buffers and the heap's own room, is there after these.
        yield* crowd(proxy.url, CLIENTS)
        yield* until(() => aborted() === CLIENTS)
        const before = { gatewayMiB: residentMiB(gateway), pluginMiB: residentMiB(plugin), threads: threadsOf(plugin) }

        yield* crowd(proxy.url, CLIENTS)
        yield* until(() => aborted() === 2 * CLIENTS)
        // One more: this test's own question about the plugin.
        yield* until(() => socketsOf(gateway) <= idle + 1)
        const { abandoned, in_flight } = yield* labStatus(proxy)
        assert.deepStrictEqual({ abandoned, in_flight }, { abandoned: 0, in_flight: 0 })
        yield* until(() => threadsOf(plugin) <= before.threads + AT_ONCE)
        // 32 KiB for each client would be 32 MiB.
        assert.isBelow(residentMiB(gateway) - before.gatewayMiB, 32)
        assert.isBelow(residentMiB(plugin) - before.pluginMiB, 32)
      })
    )
  }
})
