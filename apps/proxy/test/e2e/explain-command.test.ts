import { writeFileSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { startServer } from "../loopback-server.ts"
import { runCli, temporaryFolder } from "../run-proxy.ts"
import { at, first, operator, refuse, secrets, tieredProxy } from "./tiered-proxy.ts"

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

describe("cliproxy explain", () => {
  it.live("asks a running proxy who would serve a model and why not the others", () =>
    Effect.gen(function* () {
      const { ask, cwd, proxy } = yield* tieredProxy({ [first]: refuse(429, { "retry-after": "3600" }) })
      yield* ask()
      const args = ["explain", "--model", "demo", "--url", proxy.url]
      const { code, stderr, stdout } = yield* runCli([...args, "--key", operator], { cwd })
      assert.strictEqual(code, 0, stderr)
      const [headline, titles, ...rows] = linesOf(stdout)
      assert.strictEqual(headline, "demo: main/two would serve it now (tier 1, by fill-first)")
      assert.match(titles ?? "", /^\s+CREDENTIAL\s+PROVIDER\s+TIER\s+IN FLIGHT\s+STATE$/)
      assert.match(
        rows[0] ?? "",
        /^\s+main\/one\s+main\s+1\s+0\s+rests for (59|60) min: the provider limits its rate \(429\); one request may try it in \d+ s$/
      )
      assert.match(rows[1] ?? "", /^->\s+main\/two\s+main\s+1\s+0\s+ready$/)
      assert.match(rows[2] ?? "", /^\s+spare\/three\s+spare\s+0\s+0\s+ready, but a higher tier is served first$/)

      const env = { MANAGEMENT_PASSWORD: operator }
      const json = yield* runCli([...args, "--json", "--header", "X-Session-Id: s1"], { cwd, env })
      assert.strictEqual(at(JSON.parse(json.stdout), "chosen", "credential"), "main/two")
      for (const secret of [...secrets, operator]) assert.notInclude(stdout + json.stdout + json.stderr, secret)
    })
  )

  it.live("explains a configuration alone, as if nothing had happened yet", () =>
    Effect.gen(function* () {
      const { ask, config, cwd } = yield* tieredProxy({ [first]: refuse(429, { "retry-after": "3600" }) })
      yield* ask()
      const { code, stderr, stdout } = yield* runCli(["explain", "--model", "demo", "--config", config], { cwd })
      assert.strictEqual(code, 0, stderr)
      assert.include(stdout, "demo: main/one would serve it now (tier 1, by fill-first)")
      const unknown = yield* runCli(["explain", "--model", "nobody-has-it", "--config", config], { cwd })
      assert.strictEqual(unknown.code, 1)
      assert.include(unknown.stderr, "`nobody-has-it` does not exist here")
      for (const secret of [...secrets, operator]) assert.notInclude(stdout + stderr + unknown.stderr, secret)
    })
  )

  it.live("tells of the models that stand in, alike from a configuration and from a proxy that runs with it", () =>
    Effect.gen(function* () {
      const fallbacks = ", fallbacks: {nobody-has-it: [gone, demo], demo: [gone]}"
      const { config, cwd, proxy } = yield* tieredProxy({}, "", fallbacks)
      const args = ["explain", "--model", "nobody-has-it(high)", "--json"]
      const here = yield* runCli([...args, "--config", config], { cwd })
      const there = yield* runCli([...args, "--key", operator, "--url", proxy.url], { cwd })
      for (const { stdout } of [here, there]) {
        const { fallbacks: others, in_place_of, model } = JSON.parse(stdout)
        assert.deepStrictEqual([in_place_of, model, others], ["nobody-has-it(high)", "demo(high)", []])
      }
      const { stdout } = yield* runCli(["explain", "--model", "nobody-has-it", "--config", config], { cwd })
      assert.include(stdout, "nobody-has-it: nobody has it; demo stands in for it: main/one would serve it now")
    })
  )

  it.live("says what is left out of an explanation of a configuration", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      writeFileSync(
        join(cwd, "c.yaml"),
        `auth-dir: creds\nplugins: {enabled: true}\nclaude-api-key: [{api-key: k}, {api-key: off, disabled: true}]\n`
      )
      const { code, stderr, stdout } = yield* runCli(["explain", "--model", "claude-x", "--config", "c.yaml"], { cwd })
      assert.strictEqual(code, 0, stderr)
      assert.include(stdout, "claude-x: claude:")
      assert.include(stderr, "note: credentials in ")
      assert.include(stderr, "note: what plugins add is not shown")
      const missing = yield* runCli(["explain", "--model", "gpt-x", "--config", "c.yaml"], { cwd })
      assert.strictEqual(missing.code, 1)
      assert.include(missing.stderr, "The model `gpt-x` does not exist here.")
      assert.include(missing.stderr, "note: what plugins add is not shown")
    })
  )

  it.live("says what to do when it cannot ask", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const failing = Effect.fnUntraced(function* (args: ReadonlyArray<string>, expected: string) {
        const { code, stderr } = yield* runCli(["explain", "--model", "demo", ...args], { cwd })
        assert.strictEqual(code, 1)
        assert.include(stderr, expected)
      })
      yield* failing([], "MANAGEMENT_PASSWORD")
      yield* failing(["--key", "k", "--url", "http://127.0.0.1:1"], "no proxy answers at http://127.0.0.1:1")
      yield* failing(["--key", "k", "--url", "nowhere"], "nowhere is not an http or https URL")
      yield* failing(["--key", "k", "--header", "no colon"], `"no colon" is not of the form "Name: value"`)
      yield* failing(["--key", "k", "--config", "c.yaml"], "give one of them")
      yield* failing(["--config", "missing.yaml"], "there is no such file")
      const { proxy } = yield* tieredProxy({})
      yield* failing(["--key", "wrong", "--url", proxy.url], "answered 401: The management key that was sent is wrong.")
    })
  )

  it.live("finds a proxy under a path of another server", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const asked: Array<string | undefined> = []
      const origin = yield* startServer((request, response) => {
        asked.push(request.url)
        response.writeHead(404).end()
      })
      for (const url of [`${origin}/llm`, `${origin}/llm/?x=1`]) {
        yield* runCli(["explain", "--model", "a b", "--key", "k", "--url", url], { cwd })
      }
      const expected = "/llm/v0/management/explain?model=a%20b"
      assert.deepStrictEqual(asked, [expected, expected])
    })
  )
})
