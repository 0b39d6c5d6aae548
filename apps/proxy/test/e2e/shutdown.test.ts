import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { proxyWith } from "../configured-proxy.ts"
import { chat, textOf, until } from "../run-proxy.ts"
import { chunk, configFor, startUpstream } from "./upstream.ts"

describe("SIGTERM", () => {
  it.live("during a stream lets it finish, refuses new connections, and ends with exit code 0", () =>
    Effect.gen(function* () {
      let finish: (() => void) | undefined
      const upstream = yield* startUpstream((_seen, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(chunk("begun"))
        finish = () => void response.end(`${chunk("done")}data: [DONE]\n\n`)
      })
      const proxy = yield* proxyWith(configFor(upstream.url, ["key-a"]))
      const response = yield* chat(proxy, { stream: true })
      proxy.child.kill("SIGTERM")
      yield* until(() => proxy.stderr().includes("SIGTERM: draining"))
      const refused = yield* Effect.exit(Effect.tryPromise(() => fetch(`${proxy.url}/healthz`)))
      assert.strictEqual(refused._tag, "Failure")
      finish?.()
      assert.strictEqual(yield* textOf(response), `${chunk("begun")}${chunk("done")}data: [DONE]\n\n`)
      const { code, signal, stderr } = yield* proxy.ended
      assert.deepStrictEqual([code, signal], [0, null])
      assert.include(stderr, "drained: 1 requests finished, 0 aborted")
    })
  )

  it.live("ends a stream that outlasts the grace period with an error event", () =>
    Effect.gen(function* () {
      const upstream = yield* startUpstream((_seen, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(chunk("begun"))
      })
      const proxy = yield* proxyWith(configFor(upstream.url, ["key-a"], "shutdown-grace-seconds: 1\n"))
      const response = yield* chat(proxy, { stream: true })
      proxy.child.kill("SIGTERM")
      assert.match(yield* textOf(response), /"code":"server_shutting_down"\}\}\n\n$/)
      const { code, stderr } = yield* proxy.ended
      assert.strictEqual(code, 0)
      assert.include(stderr, "drained: 0 requests finished, 1 aborted")
    })
  )

  it.live("a second time ends the process at once", () =>
    Effect.gen(function* () {
      const upstream = yield* startUpstream((_seen, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(chunk("begun"))
      })
      const proxy = yield* proxyWith(configFor(upstream.url, ["key-a"]))
      yield* chat(proxy, { stream: true })
      // At the same time they count as one, handed on by a launcher. Two of a kind could become one on their way.
      proxy.child.kill("SIGTERM")
      proxy.child.kill("SIGINT")
      yield* until(() => proxy.stderr().includes("draining"))
      yield* Effect.sleep("700 millis")
      assert.isNull(proxy.child.exitCode)
      proxy.child.kill("SIGINT")
      const { code } = yield* proxy.ended
      assert.strictEqual(code, 130)
    })
  )
})
