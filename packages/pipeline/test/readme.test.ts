import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"

import { completionBody, startProvider } from "./scripted-provider.ts"

const root = new URL("..", import.meta.url)

describe("README", () => {
  it.live("has an example that runs", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(new URL("README.md", root), "utf8"))?.[1] ?? ""
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(
          process.execPath,
          ["--conditions=@cliproxy/source", "--input-type=module-typescript", "--eval", example],
          { cwd: root, encoding: "utf8", env: { ...process.env, BASE_URL: server.baseUrl } }
        )
      )
      assert.strictEqual(stdout, `200\n${completionBody("served by 1")}\n`)
      assert.strictEqual(server.received.at(0)?.body.includes('"model":"gpt-x-2026"'), true)
    })
  )
})
