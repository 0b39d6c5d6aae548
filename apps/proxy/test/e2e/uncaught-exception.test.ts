import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { proxyWith } from "../configured-proxy.ts"
import { chat, textOf, until } from "../run-proxy.ts"
import { chunk, configFor, startUpstream } from "./upstream.ts"

/** A module that throws, where nobody catches, when its process gets SIGUSR2. */
const saboteur = `data:text/javascript,${encodeURIComponent('process.on("SIGUSR2", () => { throw new Error("sabotage") })')}`

describe("an uncaught exception", () => {
  it.live("is logged, lets open requests finish, and ends the proxy with exit code 1", () =>
    Effect.gen(function* () {
      let finish: (() => void) | undefined
      const upstream = yield* startUpstream((_seen, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(chunk("begun"))
        finish = () => void response.end(`${chunk("done")}data: [DONE]\n\n`)
      })
      const proxy = yield* proxyWith(configFor(upstream.url, ["key-a"]), { NODE_OPTIONS: `--import ${saboteur}` })
      const response = yield* chat(proxy, { stream: true })
      proxy.child.kill("SIGUSR2")
      yield* until(() => proxy.stderr().includes("draining"))
      finish?.()
      assert.strictEqual(yield* textOf(response), `${chunk("begun")}${chunk("done")}data: [DONE]\n\n`)
      const { code, signal, stderr } = yield* proxy.ended
      assert.deepStrictEqual([code, signal], [1, null])
      assert.match(stderr, /level=FATAL.*an uncaught exception.*sabotage/is)
      assert.include(stderr, "drained: 1 requests finished, 0 aborted")
      assert.include(stderr, "cliproxy: ended by an uncaught exception: sabotage")
    })
  )
})
