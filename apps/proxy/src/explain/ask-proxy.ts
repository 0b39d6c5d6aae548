import { Effect, Option, Redacted, Schema } from "effect"

import { CommandFailed } from "../commands/command-failed.ts"
import { type Explained, ShownExplanation } from "./explanation.ts"

/** What a running proxy is asked. */
export interface Question {
  /** Address of the proxy, such as `http://127.0.0.1:8317`. */
  readonly url: string
  /** Its management key. */
  readonly key: Redacted.Redacted
  readonly model: string
  /** Headers of the request that is asked about. */
  readonly headers: ReadonlyArray<readonly [string, string]>
}

/** Milliseconds for an answer: a proxy that is there answers at once. */
const deadlineMs = 10_000

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(ShownExplanation))
const decodeError = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ error: Schema.Struct({ message: Schema.String }) }))
)

const failed = (message: string): CommandFailed => new CommandFailed({ message })

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED") return "nobody listens there"
  return cause instanceof Error ? cause.message : String(cause)
}

/** Asks a running proxy through its management API. Fails with `CommandFailed`, which says what to do. */
export const askProxy = ({ headers, key, model, url }: Question): Effect.Effect<Explained, CommandFailed> =>
  Effect.gen(function* () {
    const target = URL.parse(url)
    if (target === null || !/^https?:$/.test(target.protocol)) {
      return yield* failed(`${url} is not an http or https URL`)
    }
    // The proxy may stand under a path of another server.
    target.pathname = `${target.pathname.replace(/\/+$/, "")}/v0/management/explain`
    target.search = `?model=${encodeURIComponent(model)}`
    const answer = yield* Effect.tryPromise({
      try: async (signal) => {
        const response = await fetch(target, {
          headers: [...headers, ["x-management-key", Redacted.value(key)]].map(([name = "", value = ""]) => [
            name,
            value
          ]),
          signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
        })
        return { status: response.status, text: await response.text() }
      },
      catch: (error) => failed(`no proxy answers at ${url}: ${reasonOf(error)}`)
    })
    if (answer.status !== 200) {
      const told = Option.match(decodeError(answer.text), { onNone: () => "", onSome: ({ error }) => error.message })
      const hint =
        answer.status === 404 && /There is no GET/.test(told)
          ? "; the proxy has no management API, or is too old: see remote-management in its configuration"
          : ""
      return yield* failed(`the proxy at ${url} answered ${answer.status}${told === "" ? "" : `: ${told}`}${hint}`)
    }
    const shown = decode(answer.text)
    if (Option.isNone(shown)) return yield* failed(`what ${url} answered is no explanation of this version`)
    return { json: JSON.parse(answer.text), shown: shown.value }
  })
