import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync } from "node:fs"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { createInterface } from "node:readline"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"

import { credentialDirectory } from "./auth-plugin-double.ts"

const program = fileURLToPath(new URL("programs/renew-when-told.ts", import.meta.url))

/** Times that each of the gateways renews. */
const RENEWALS = 50

/** A token server that takes a refresh token once, and gives another one for it. */
const tokenServer = Effect.acquireRelease(
  Effect.promise(async () => {
    let current = 0
    let refusals = 0
    /** Who waits for the next request, which then is never answered. */
    let unanswered: (() => void) | undefined
    const answer = (token: string, response: ServerResponse): void => {
      if (unanswered !== undefined) {
        unanswered()
        unanswered = undefined
      } else if (token === `r-${current}`) {
        current += 1
        response.end(JSON.stringify({ type: "lab", token: `t-${current}`, refresh_token: `r-${current}` }))
      } else {
        refusals += 1
        response.writeHead(401).end()
      }
    }
    const server = createServer((request, response) => {
      void (async () => answer(await text(request), response))()
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      renewals: () => current,
      refusals: () => refusals,
      leaveNextUnanswered: () =>
        new Promise<void>((resolve) => {
          unanswered = resolve
        }),
      close: () => {
        server.closeAllConnections()
        server.close()
      }
    }
  }),
  ({ close }) => Effect.sync(close)
)

/** A process that renews when it is told to. */
const gateway = (dir: string, tokenUrl: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(process.execPath, ["--conditions=@cliproxy/source", program, dir, tokenUrl], {
        stdio: ["pipe", "pipe", "inherit"]
      })
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      const said = async (): Promise<string> => String((await lines.next()).value)
      assert.strictEqual(await said(), "ready")
      return {
        begin: (id: string) => void child.stdin.write(`${id}\n`),
        renew: (id: string): Promise<string> => {
          child.stdin.write(`${id}\n`)
          return said()
        },
        kill: async () => {
          const closed = once(child, "close")
          if (child.kill("SIGKILL")) await closed
        }
      }
    }),
    ({ kill }) => Effect.promise(kill)
  )

describe("two gateways with one directory", () => {
  it.live(`lose no token of a provider that takes each refresh token once, in ${RENEWALS} renewals of each`, () =>
    Effect.gen(function* () {
      const directory = yield* credentialDirectory
      directory.put("a.json", { type: "lab", token: "t-0", refresh_token: "r-0", note: "mine" })
      const server = yield* tokenServer
      const gateways = yield* Effect.all([gateway(directory.dir, server.url), gateway(directory.dir, server.url)], {
        concurrency: 2
      })
      for (let round = 0; round < RENEWALS; round++) {
        const outcomes = yield* Effect.promise(() => Promise.all(gateways.map(({ renew }) => renew("a.json"))))
        assert.deepStrictEqual(outcomes, ["refreshed", "refreshed"], `round ${round}`)
      }
      assert.strictEqual(server.refusals(), 0)
      assert.isAtLeast(server.renewals(), RENEWALS)
      const last = server.renewals()
      assert.deepStrictEqual(directory.get("a.json"), {
        type: "lab",
        token: `t-${last}`,
        refresh_token: `r-${last}`,
        note: "mine"
      })
      assert.deepStrictEqual(readdirSync(directory.dir), ["a.json"])
    })
  )

  it.live("go on when one of them is killed while it renews, and nothing is left behind", () =>
    Effect.gen(function* () {
      const directory = yield* credentialDirectory
      directory.put("a.json", { type: "lab", token: "t-0", refresh_token: "r-0" })
      const server = yield* tokenServer
      const first = yield* gateway(directory.dir, server.url)
      const second = yield* gateway(directory.dir, server.url)
      const heard = server.leaveNextUnanswered()
      first.begin("a.json")
      yield* Effect.promise(() => heard)
      assert.include(readdirSync(directory.dir), "a.json.lock")
      const renewed = second.renew("a.json")
      yield* Effect.promise(() => first.kill())
      assert.strictEqual(yield* Effect.promise(() => renewed), "refreshed")
      assert.deepInclude(directory.get("a.json"), { refresh_token: "r-1" })
      assert.deepStrictEqual(readdirSync(directory.dir), ["a.json"])
    })
  )

  it.live("clear away the lock of one that was killed when they start", () =>
    Effect.gen(function* () {
      const directory = yield* credentialDirectory
      directory.put("a.json", { type: "lab", token: "t-0", refresh_token: "r-0" })
      const server = yield* tokenServer
      const first = yield* gateway(directory.dir, server.url)
      const heard = server.leaveNextUnanswered()
      first.begin("a.json")
      yield* Effect.promise(() => heard)
      yield* Effect.promise(() => first.kill())
      assert.deepStrictEqual(readdirSync(directory.dir).toSorted(), ["a.json", "a.json.lock"])
      yield* gateway(directory.dir, server.url)
      assert.deepStrictEqual(readdirSync(directory.dir), ["a.json"])
    })
  )
})
