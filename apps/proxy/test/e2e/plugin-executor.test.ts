import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { ask, chat, textOf } from "../run-proxy.ts"
import { startLabProxy } from "./lab-proxy.ts"

const proxyWithLab = Effect.fnUntraced(function* (isolation: "process" | "in-process") {
  const { library, proxy } = yield* startLabProxy(isolation)
  const content = (model: string) =>
    Effect.map(ask(proxy, { model }), ([status, text]) => {
      const answer = JSON.parse(text) as { choices?: [{ message: { content: string } }]; error?: object }
      return [status, answer.choices?.[0].message.content ?? answer.error] as const
    })
  const stream = (model: string) =>
    Effect.map(ask(proxy, { model, stream: true }), ([status, text]) => [status, deltas(text)] as const)
  return { proxy, library, content, stream }
})

/** What an event stream said: the contents of its chunks joined, then the errors and the end mark. */
const deltas = (text: string): ReadonlyArray<string> => {
  const events = text.split("\n\n").flatMap((event) => (event.startsWith("data: ") ? [event.slice(6)] : []))
  const said = events.map((data) => {
    if (data === "[DONE]") return { end: data }
    const json = JSON.parse(data) as { choices?: [{ delta?: { content?: string } }]; error?: { message: string } }
    return json.error === undefined ? { content: json.choices?.[0]?.delta?.content ?? "" } : { end: json.error.message }
  })
  return [said.map(({ content }) => content ?? "").join(""), ...said.flatMap(({ end }) => end ?? [])]
}

const numbers = Array.from({ length: 40 }, (_, i) => `${i + 1} `).join("")

for (const isolation of ["process", "in-process"] as const) {
  describe(`a plugin that executes, ${isolation}`, () => {
    it.live("lists its models and serves them, without a credential", () =>
      Effect.gen(function* () {
        const { content, proxy } = yield* proxyWithLab(isolation)
        const models = yield* Effect.promise(() =>
          fetch(`${proxy.url}/v1/models`).then(
            (response) => response.json() as Promise<{ data: Array<{ id: string; owned_by: string }> }>
          )
        )
        const lab = models.data.find(({ id }) => id === "lab-whole")
        assert.deepInclude(lab, { owned_by: "the lab" })
        assert.deepStrictEqual(yield* content("lab-whole"), [200, "lab serves lab-whole with []"])
        assert.deepStrictEqual(yield* content("lab-whole(high)"), [200, "lab serves lab-whole(high) with []"])
        // The plugin lists it too, but it is the gateway's own.
        const [, demo] = yield* content("demo")
        assert.match(JSON.stringify(demo), /served by demo-key-/)
      })
    )

    it.live("answers with its own errors", () =>
      Effect.gen(function* () {
        const { content, proxy } = yield* proxyWithLab(isolation)
        assert.deepStrictEqual(yield* content("lab-refused"), [
          402,
          { message: "account is out of credit", type: "invalid_request_error", param: null, code: null }
        ])
        assert.deepStrictEqual(yield* ask(proxy, { model: "lab-json" }), [418, '{"error":{"message":"mine","lab":7}}'])
        // The next request is asked for as if nothing had been.
        assert.deepStrictEqual((yield* content("lab-refused"))[0], 402)
        assert.deepStrictEqual((yield* content("lab-whole"))[0], 200)
      })
    )

    it.live("streams, at once or from a thread of its own", () =>
      Effect.gen(function* () {
        const { proxy, stream } = yield* proxyWithLab(isolation)
        assert.deepStrictEqual(yield* stream("lab-inline"), [200, ["inline", "[DONE]"]])
        assert.deepStrictEqual(yield* stream("lab-stream"), [200, [numbers, "[DONE]"]])
        assert.deepStrictEqual(yield* stream("lab-late-error"), [200, [numbers, "upstream reset"]])
        const response = yield* chat(proxy, { model: "lab-early-error", stream: true })
        assert.strictEqual(response.status, 500)
        assert.include(yield* textOf(response), "no capacity")
        assert.deepStrictEqual((yield* chat(proxy, { model: "lab-refused", stream: true })).status, 402)
      })
    )

    it.live("routes: to itself, and to a provider", () =>
      Effect.gen(function* () {
        const { content } = yield* proxyWithLab(isolation)
        assert.deepStrictEqual(yield* content("auto-self"), [200, "lab serves auto-self with []"])
        const [status, text] = yield* content("auto-demo")
        assert.strictEqual(status, 200)
        assert.match(JSON.stringify(text), /served by demo-key-/)
        assert.strictEqual((yield* content("auto-nowhere"))[0], 404)
      })
    )

    it.live("asks the gateway for another model while it works for a client", () =>
      Effect.gen(function* () {
        const { content, stream } = yield* proxyWithLab(isolation)
        const [status, text] = yield* content("lab-nested")
        assert.strictEqual(status, 200)
        assert.match(JSON.stringify(text), /served by demo-key-/)
        const [streamStatus, [said = "", end]] = yield* stream("lab-nested")
        assert.strictEqual(streamStatus, 200)
        assert.match(said, /served by demo-key-/)
        assert.strictEqual(end, "[DONE]")
      })
    )
  })
}

describe("a plugin whose process ends while it executes", () => {
  it.live("is asked again in its new process, and the client does not notice", () =>
    Effect.gen(function* () {
      const { content, library } = yield* proxyWithLab("process")
      assert.deepStrictEqual(yield* content("lab-crash"), [200, "lab serves lab-crash with []"])
      assert.isTrue(existsSync(`${library}.crashed`))
    })
  )

  it.live("ends the streams that it was filling with an error", () =>
    Effect.gen(function* () {
      const { proxy, stream } = yield* proxyWithLab("process")
      const response = yield* chat(proxy, { model: "lab-endless", stream: true })
      process.kill(childOf(proxy.child.pid ?? 0), "SIGKILL")
      const [, end] = deltas(yield* textOf(response))
      assert.strictEqual(end, "plugin lab ended before its stream did")
      assert.deepStrictEqual(yield* stream("lab-inline"), [200, ["inline", "[DONE]"]])
    })
  )
})

/** The one child of a process. */
const childOf = (pid: number): number =>
  Number(
    execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8" })
      .trim()
      .split("\n")[0]
  )
