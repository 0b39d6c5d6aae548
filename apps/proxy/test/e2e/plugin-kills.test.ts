import { setTimeout as sleep } from "node:timers/promises"

import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { beforeAll, inject } from "vitest"

import { proxyWith } from "../configured-proxy.ts"
import { chat, textOf } from "../run-proxy.ts"
import { schedulerFolder } from "../scheduler-example.ts"
import { complete, startUpstream } from "./upstream.ts"

beforeAll(() => assert.include(inject("schedulerBuild"), "built dist/", "these tests need Go"))

const key = "operators-only"

const configWith = (url: string) => `remote-management: {secret-key: ${key}}
openai-compatibility:
  - name: p
    base-url: ${url}
    api-key-entries: [{api-key: k-1, name: one}, {api-key: k-2, name: two}]
    models: [{name: demo}]
plugins:
  enabled: true
  dir: ${JSON.stringify(schedulerFolder)}
  configs:
    scheduler: {enabled: true, auth_id: p/two}
`

describe("a scheduler plugin in Go whose process is killed under load", () => {
  it.live("costs no request; once it is back, it decides again", () =>
    Effect.gen(function* () {
      // Slow enough that the requests meet several kills.
      const upstream = yield* startUpstream(({ authorization }, response) => {
        setTimeout(() => complete(response, `served with ${authorization}`), 60)
      })
      const proxy = yield* proxyWith(configWith(upstream.url))
      const manage = (path: string, method = "GET") =>
        fetch(`${proxy.url}/v0/management/${path}`, { method, headers: { "x-management-key": key } })
      /** Process of the plugin; undefined while there is none. */
      const pid = async (): Promise<unknown> => {
        const { plugins } = (await (await manage("plugins")).json()) as {
          readonly plugins: ReadonlyArray<{ readonly pid: unknown }>
        }
        return plugins[0]?.pid ?? undefined
      }

      const killed = new Set<number>()
      let killing = true
      const killer = yield* Effect.forkChild(
        Effect.promise(async () => {
          while (killing) {
            const victim = await pid()
            if (typeof victim === "number" && !killed.has(victim)) {
              process.kill(victim, "SIGKILL")
              killed.add(victim)
            }
            await sleep(100)
          }
        })
      )
      const one = Effect.flatMap(chat(proxy), (response) =>
        Effect.map(textOf(response), (text) => (response.status === 200 ? "served" : text))
      )
      const answers = new Array<string>()
      while (answers.length < 200 || killed.size < 3) {
        answers.push(
          ...(yield* Effect.all(
            Array.from({ length: 200 }, () => one),
            { concurrency: 20 }
          ))
        )
      }
      killing = false
      yield* Fiber.join(killer)
      assert.deepStrictEqual(new Set(answers), new Set(["served"]))

      const { status } = yield* Effect.promise(() => manage("plugins/scheduler/reload", "POST"))
      assert.strictEqual(status, 200)
      for (let time = 0; time < 4; time++) {
        assert.include(yield* textOf(yield* chat(proxy)), "served with Bearer k-2")
      }
    })
  )
})
