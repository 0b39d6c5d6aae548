import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"

import { completionBody, startProvider } from "./scripted-provider.ts"

const root = new URL("..", import.meta.url)

const examples = [...readFileSync(new URL("README.md", root), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, example]) => example
)

const run = (example: string | undefined, env: Readonly<Record<string, string>> = {}) =>
  Effect.promise(() =>
    promisify(execFile)(
      process.execPath,
      ["--conditions=@cliproxy/source", "--input-type=module-typescript", "--eval", example ?? "throw 0"],
      { cwd: root, encoding: "utf8", env: { ...process.env, ...env } }
    )
  )

describe("README", () => {
  it.live("has an example of codecs that runs without a gateway", () =>
    Effect.gen(function* () {
      const { stdout } = yield* run(examples[1])
      const [asked = "", answered = ""] = stdout.split("\n")
      assert.deepInclude(JSON.parse(asked), {
        model: "claude-sonnet-4-5",
        system: [{ type: "text", text: "Be brief." }]
      })
      assert.strictEqual(JSON.parse(answered).choices[0].message.content, "Hi.")
    })
  )

  it.live("has an example that runs", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const { stdout } = yield* run(examples[0], { BASE_URL: server.baseUrl })
      assert.strictEqual(stdout, `200\n${completionBody("served by 1")}\n`)
      assert.strictEqual(server.received.at(0)?.body.includes('"model":"gpt-x-2026"'), true)
    })
  )
})
