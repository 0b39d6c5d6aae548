import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { libraryExtension } from "@cliproxy/ffi"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { complete, configFor, startUpstream, type Upstream } from "../../apps/proxy/test/e2e/upstream.ts"
import { ask, chat, runCli, startProxy, temporaryFolder, textOf, until } from "../../apps/proxy/test/run-proxy.ts"
import { scriptedPlugin } from "../../apps/proxy/test/scripted-plugin.ts"
import type { Language } from "../build/example.ts"
import { assertMatches } from "./assert-matches.ts"
import { base64, example, fromBase64, skipReason } from "./open-example.ts"

type Plugin = readonly [capability: string, language: Language, settings?: string]

/** A folder with these examples as plugins, called `<capability>-<language>`, and a configuration that uses them. */
const folderWith = Effect.fnUntraced(function* (plugins: ReadonlyArray<Plugin>, config = "demo: true\n") {
  const cwd = yield* temporaryFolder
  mkdirSync(join(cwd, "plugins"))
  const entries = plugins.map(([capability, language, settings = ""]) => {
    const id = `${capability}-${language}`
    copyFileSync(example(capability, language).library, join(cwd, "plugins", `${id}${libraryExtension()}`))
    const own =
      settings === ""
        ? ""
        : settings
            .split("\n")
            .map((line) => `      ${line}\n`)
            .join("")
    return `    ${id}:\n      enabled: true\n${own}`
  })
  const text = `${config}plugins:\n  enabled: true\n  dir: plugins\n  configs:\n${entries.join("")}`
  writeFileSync(join(cwd, "c.yaml"), text)
  return cwd
})

const gatewayWith = Effect.fnUntraced(function* (plugins: ReadonlyArray<Plugin>, config?: string) {
  const cwd = yield* folderWith(plugins, config)
  return { cwd, ...(yield* startProxy(["--config", "c.yaml"], { cwd })) }
})

const get = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  Effect.promise(async () => {
    const response = await fetch(url, { headers })
    return { status: response.status, text: await response.text() }
  })

const says = (content: string) => ({ messages: [{ role: "user", content }] })

const lastBody = ({ seen }: Upstream) => JSON.parse(seen.at(-1)?.body ?? "null") as { readonly [name: string]: unknown }

/** One event of a stream. */
const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`

/** A provider that answers with an e-mail address, and streams with chunks that say nothing. */
const provider = startUpstream(({ body }, response) => {
  if (!body.includes('"stream":true')) return complete(response, "write to jane@example.invalid")
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.end(
    [
      chunk({ content: "a" }),
      chunk({ content: "" }),
      chunk({ content: "b" }),
      chunk({}, "stop"),
      "data: [DONE]\n\n"
    ].join("")
  )
})

describe(`examples in Go behind a running gateway${skipReason(example("usage", "go"))}`, () => {
  it.live("change requests and answers, count them and turn some away", () =>
    Effect.gen(function* () {
      const upstream = yield* provider
      const gateway = yield* gatewayWith(
        [
          ["request-interceptor", "go", "forbidden: xyzzy\nheader: X-Credential"],
          ["request-normalizer", "go", "max_tokens: 16"],
          ["request-lifecycle", "go"],
          ["response-interceptor", "go"],
          ["response-stream-interceptor", "go"],
          ["usage", "go", "file: usage.jsonl"]
        ],
        configFor(upstream.url, ["key-a"])
      )
      const whole = yield* chat(gateway, { max_tokens: 1000 })
      assert.strictEqual(whole.status, 200)
      assert.isNotEmpty(whole.headers.get("x-model"))
      assert.include(yield* textOf(whole), "write to [e-mail]")
      assertMatches(lastBody(upstream), { max_tokens: 16 })
      assertMatches(upstream.seen[0]?.headers, { "x-credential": "double/key-a" })

      const stream = yield* chat(gateway, { stream: true })
      assert.strictEqual(stream.headers.get("x-stream"), "thinned")
      const contents = (yield* textOf(stream)).match(/"content":"[^"]*"/g)
      assert.deepStrictEqual(contents, ['"content":"a"', '"content":"b"'])

      const [status, text] = yield* ask(gateway, says("say XYZZY"))
      assert.strictEqual(status, 403)
      assert.include(text, "forbidden_word")
      assert.strictEqual(upstream.seen.length, 2)

      const file = join(gateway.cwd, "usage.jsonl")
      yield* until(() => existsSync(file) && readFileSync(file, "utf8").trim().split("\n").length === 2)
      yield* until(() => (gateway.stderr() + gateway.stdout()).split("request ended").length > 3)
    })
  )

  it.live("bring models of their own, whole and as streams, in the result and through the host", () =>
    Effect.gen(function* () {
      for (const stream of ["inline", "host"]) {
        const gateway = yield* gatewayWith([["model-provider", "go", `stream: ${stream}`]])
        assert.include((yield* get(`${gateway.url}/v1/models`)).text, '"echo-small"')
        const asked = { model: "echo-small", ...says("good day to you") }
        const [status, text] = yield* ask(gateway, asked)
        assert.strictEqual(status, 200)
        assert.include(text, "You said: good day to you")
        const [, events] = yield* ask(gateway, { ...asked, stream: true })
        const contents = [...events.matchAll(/"content":"([^"]*)"/g)].map(([, content]) => content)
        assert.strictEqual(contents.join(""), "You said: good day to you")
        assert.match(events, /data: \[DONE\]\n\n$/)
      }
    })
  )

  it.live("count the tokens of requests in protocols that they do not speak themselves", () =>
    Effect.gen(function* () {
      const { url } = yield* gatewayWith([["model-provider", "go"]])
      const count = (path: string, body: object) =>
        Effect.promise(async () => {
          const headers = { "content-type": "application/json" }
          const response = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) })
          return [response.status, await response.json()] as const
        })
      const counted = (words: number) => {
        const content = Array.from({ length: words }, () => "word").join(" ")
        const messages = [{ role: "user", content }]
        return Effect.all([
          count("/v1/messages/count_tokens", { model: "echo-small", messages }),
          count("/v1beta/models/echo-small:countTokens", { contents: [{ role: "user", parts: [{ text: content }] }] }),
          count("/v1/responses/input_tokens", { model: "echo-small", input: content })
        ])
      }
      const [claude, gemini, responses] = yield* counted(5)
      assert.deepStrictEqual(claude, [200, { input_tokens: 5 }])
      assert.deepStrictEqual(gemini, [200, { totalTokens: 5 }])
      assert.deepStrictEqual(responses, [200, { object: "response.input_tokens", input_tokens: 5 }])
      assert.deepStrictEqual((yield* counted(12))[0], [200, { input_tokens: 12 }])
    })
  )

  it.live("know clients, route requests and serve pages", () =>
    Effect.gen(function* () {
      const upstream = yield* provider
      const config = `demo: true\nremote-management: {secret-key: operators-only}\n${configFor(upstream.url, ["key-a"])}`
      const gateway = yield* gatewayWith(
        [
          ["frontend-auth", "go", "badges: alice=s3cret"],
          ["management", "go"],
          ["model-router", "go", "provider: double\nmodel: m\nbytes: 500"],
          ["model-registrar", "go", "provider: double\nmodels: by-plugin"]
        ],
        config
      )
      const badge = { "x-badge": "s3cret" }
      assert.strictEqual((yield* ask(gateway))[0], 401)
      assert.strictEqual((yield* chat(gateway, {}, badge)).status, 200)
      const before = upstream.seen.length
      assert.strictEqual(
        (yield* chat(gateway, { model: "no-such-model", ...says("x".repeat(500)) }, badge)).status,
        200
      )
      assert.strictEqual(upstream.seen.length, before + 1)
      assertMatches(lastBody(upstream), { model: "m" })
      assert.include((yield* get(`${gateway.url}/v1/models`, badge)).text, '"by-plugin"')

      const page = yield* get(`${gateway.url}/v0/resource/plugins/management-go/page?name=%3Cb%3E`)
      assert.include(page.text, "Hello &lt;b&gt;, this is visit 1.")
      const visits = yield* get(`${gateway.url}/v0/management/visits`, { authorization: "Bearer operators-only" })
      assert.deepStrictEqual(JSON.parse(visits.text), { visits: 1 })
    })
  )

  it.live("translate for a provider that speaks a protocol of its own, and tell it how much to think", () =>
    Effect.gen(function* () {
      const cwd = yield* folderWith([
        ["request-translator", "go"],
        ["thinking-applier", "go"],
        ["response-translator", "go"],
        ["response-normalizers", "go", "fingerprint: gateway"]
      ])
      const lab = scriptedPlugin(join(cwd, "plugins"), "lab", {
        executor: true,
        model_provider: true,
        executor_input_formats: ["lab-native"],
        executor_output_formats: ["lab-native"]
      })
      lab.answer("executor.identifier", { identifier: "lab" })
      const Thinking = { Min: 0, Max: 8192, ZeroAllowed: true }
      lab.answer("model.static", { Provider: "lab", Models: [{ ID: "lab-1", Thinking }] })
      lab.answer("executor.execute", { Payload: base64({ text: "whole" }) })
      const frames = [{ text: "bit " }, { text: "by bit", last: true }]
      lab.answer("executor.execute_stream", { chunks: frames.map((frame) => ({ Payload: base64(frame) })) })
      writeFileSync(join(cwd, "c.yaml"), `${readFileSync(join(cwd, "c.yaml"), "utf8")}    lab: {enabled: true}\n`)
      const gateway = yield* startProxy(["--config", "c.yaml"], { cwd })

      const [status, text] = yield* ask(gateway, { model: "lab-1(2048)", max_tokens: 9, ...says("hi") })
      assert.strictEqual(status, 200, text)
      assertMatches(JSON.parse(text), { choices: [{ message: { content: "whole" } }], system_fingerprint: "gateway" })
      assert.deepStrictEqual(fromBase64(lab.lastRequest("executor.execute")["Payload"]), {
        m: "lab-1",
        limit: 9,
        think: 2048,
        turns: [{ who: "user", text: "hi" }]
      })
      const [, events] = yield* ask(gateway, { model: "lab-1", stream: true, ...says("hi") })
      const contents = [...events.matchAll(/"content":"([^"]*)"/g)].map(([, content]) => content)
      assert.deepStrictEqual(contents, ["bit ", "by bit"])
    })
  )

  it.live("log people in", () =>
    Effect.gen(function* () {
      const config = "demo: true\nauth-dir: credentials\nremote-management: {secret-key: operators-only}\n"
      const gateway = yield* gatewayWith([["auth-provider", "go", "polls: 2"]], config)
      const manage = (path: string) =>
        Effect.map(
          get(`${gateway.url}/v0/management/${path}`, { authorization: "Bearer operators-only" }),
          ({ text }) => JSON.parse(text) as { readonly status: string; readonly state: string; readonly url: string }
        )
      const { state, url } = yield* manage("lab-auth-url")
      assert.include(url, "https://login.example.invalid/device")
      const poll = Effect.map(manage(`get-auth-status?state=${state}`), ({ status }) => status)
      assert.deepStrictEqual([yield* poll, yield* poll], ["wait", "ok"])
      const file = join(gateway.cwd, "credentials", `lab-${state}.json`)
      assertMatches(JSON.parse(readFileSync(file, "utf8")), {
        type: "lab",
        email: "jane@example.invalid",
        token: state
      })
    })
  )

  it.live("add flags to the command line", () =>
    Effect.gen(function* () {
      const cwd = yield* folderWith([["command-line", "go"]])
      const run = (...args: ReadonlyArray<string>) => runCli(["--config", "c.yaml", ...args], { cwd })
      assert.include((yield* run("--help")).stdout, "greet-times")
      assertMatches(yield* run("--greet", "Jane", "--greet-times", "2"), {
        code: 0,
        stdout: "Hello Jane\nHello Jane\n"
      })
      assertMatches(yield* run("--greet", "Jane", "--greet-times", "0"), { code: 2 })
    })
  )
})

describe("examples in C behind a running gateway", () => {
  it.live("choose credentials, change answers and turn requests away", () =>
    Effect.gen(function* () {
      const upstream = yield* provider
      const gateway = yield* gatewayWith(
        [
          ["frontend-auth", "c", "token: s3cret"],
          ["request-interceptor", "c", "max_bytes: 200"],
          ["response-interceptor", "c"],
          ["scheduler", "c"],
          ["usage", "c"]
        ],
        configFor(upstream.url, ["key-a", "key-b"])
      )
      const token = { "x-token": "s3cret" }
      assert.strictEqual((yield* ask(gateway))[0], 401)
      const answer = yield* chat(gateway, {}, token)
      assert.strictEqual(answer.headers.get("x-answer-bytes"), String((yield* textOf(answer)).length))
      const large = yield* chat(gateway, says("x".repeat(200)), token)
      assert.strictEqual(large.status, 413)
      for (let request = 0; request < 40; request++) yield* Effect.flatMap(chat(gateway, {}, token), textOf)
      assert.strictEqual(new Set(upstream.seen.map(({ authorization }) => authorization)).size, 2)
      yield* until(() => /usage: \d+ requests/.test(gateway.stderr() + gateway.stdout()))
    })
  )
})

const rustSkipped = skipReason(example("model-router", "rust"))

describe.skipIf(rustSkipped !== "")(`examples in Rust behind a running gateway${rustSkipped}`, () => {
  it.live("route by the model's name and fill in a temperature", () =>
    Effect.gen(function* () {
      const upstream = yield* provider
      const gateway = yield* gatewayWith(
        [
          ["model-router", "rust", "routes: special-=double"],
          ["request-normalizer", "rust", "temperature: 0.2"]
        ],
        configFor(upstream.url, ["key-a"])
      )
      assert.strictEqual((yield* ask(gateway, { model: "special-1" }))[0], 200)
      assertMatches(lastBody(upstream), { model: "special-1", temperature: 0.2 })
      assert.strictEqual((yield* ask(gateway, { model: "other-1" }))[0], 404)
    })
  )
})
