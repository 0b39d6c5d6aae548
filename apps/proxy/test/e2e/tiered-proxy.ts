import { writeFileSync } from "node:fs"
import { join } from "node:path"

import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { chat, startProxy, temporaryFolder, textOf } from "../run-proxy.ts"
import { complete, type SeenRequest, startUpstream } from "./upstream.ts"

/** Texts that must be in nothing that the proxy says. */
export const secrets = ["sk-first-0123456789", "sk-second-0123456789", "sk-third-0123456789", "client-key-0123456789"]
export const [first = "", second = "", third = "", client = ""] = secrets
/** The management key. */
export const operator = "operators-only"

/** An answer of the management API. */
export type Json = Readonly<Record<string, unknown>>
/** What is at a path in an answer. */
export const at = (json: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce((value, name) => (value as Json | null | undefined)?.[name], json)

/** An object at a path in an answer. */
export const part = (json: unknown, ...path: ReadonlyArray<string>): Json => at(json, ...path) as Json

/** What a provider does with a request. */
export type Answer = Parameters<typeof startUpstream>[0]

/** Refuses a request, and quotes the key that it came with. */
export const refuse =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (seen, response) => {
    // Providers like to quote the key that they refuse.
    const message = `no: ${seen.authorization}, and not ${third} either`
    response
      .writeHead(status, { "content-type": "application/json", ...headers })
      .end(JSON.stringify({ error: { message, type: "t", code: "c" } }))
  }

/** A proxy before one provider with three keys in two tiers, which answers each key as the test says. */
export const tieredProxy = Effect.fnUntraced(function* (
  answers: Readonly<Record<string, Answer>>,
  more = "",
  routing = ""
) {
  const answer: Answer = (seen: SeenRequest, response) => {
    const key = seen.authorization?.replace("Bearer ", "") ?? ""
    const given = answers[key]
    if (given === undefined) complete(response, "fine")
    else given(seen, response)
  }
  const upstream = yield* startUpstream(answer)
  const cwd = yield* temporaryFolder
  const provider = (name: string, priority: number, keys: ReadonlyArray<readonly [string, string]>) =>
    `  - { name: ${name}, base-url: "${upstream.url}", priority: ${priority}, models: [{name: up-m, alias: demo}], ` +
    `api-key-entries: [${keys.map(([label, key]) => `{name: ${label}, api-key: ${key}}`).join(", ")}] }\n`
  writeFileSync(
    join(cwd, "c.yaml"),
    `api-keys: [${client}]\nremote-management: {secret-key: ${operator}}\nrouting: {strategy: fill-first${routing}}\n${more}` +
      `openai-compatibility:\n${provider("main", 1, [
        ["one", first],
        ["two", second]
      ])}${provider("spare", 0, [["three", third]])}`
  )
  const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
  /** Everything that was said, to look for secrets in. */
  const said: Array<string> = []
  const ask = (body: Json = {}) =>
    Effect.gen(function* () {
      const response = yield* chat(proxy, body, { authorization: `Bearer ${client}` })
      const text = yield* textOf(response)
      said.push(text, JSON.stringify([...response.headers]))
      return { response, text, id: response.headers.get("x-request-id") ?? "" }
    })
  const manage = (method: string, path: string, body?: Json) =>
    Effect.promise(async () => {
      const response = await fetch(`${proxy.url}/v0/management/${path}`, {
        method,
        headers: { authorization: `Bearer ${operator}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      const text = await response.text()
      said.push(text)
      return { status: response.status, json: JSON.parse(text) as Json }
    })
  const assertNoSecrets = Effect.sync(() => {
    const all = `${said.join("\n")}\n${proxy.stdout()}\n${proxy.stderr()}`
    for (const secret of [...secrets, operator]) assert.notInclude(all, secret)
  })
  return { proxy, upstream, ask, manage, assertNoSecrets, config: join(cwd, "c.yaml"), cwd }
})
