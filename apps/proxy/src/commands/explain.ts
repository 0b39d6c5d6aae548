import { Clock, Console, Effect, Option, Redacted, Result } from "effect"
import { Command, Flag } from "effect/cli"

import { defaultHost, defaultPort } from "../config/proxy-config.ts"
import type { Explained } from "../explain/explanation.ts"
import { explanationText } from "../explain/explanation-text.ts"
import { CommandFailed } from "./command-failed.ts"

/** Where a proxy listens that was told nothing. */
const defaultUrl = `http://${defaultHost}:${defaultPort}`

/** `Name: value` as HTTP has it (RFC 9110, section 5). */
const readHeader = (line: string): Result.Result<readonly [string, string], string> => {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*?)\s*$/.exec(line) ?? []
  return name === undefined || value === undefined || !/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value)
    ? Result.fail(`--header ${JSON.stringify(line)} is not of the form "Name: value"`)
    : Result.succeed([name, value])
}

/**
 * `cliproxy explain`: says who would serve a model now, and why not the others. Asks a running proxy; with `--config`
 * alone it says what the configuration means, as if nothing had happened yet.
 */
export const explainCommand = Command.make(
  "explain",
  {
    model: Flag.String("model").pipe(
      Flag.withAlias("m"),
      Flag.withMetavar("MODEL"),
      Flag.withDescription("Model as clients ask for it")
    ),
    header: Flag.String("header").pipe(
      Flag.withMetavar("NAME: VALUE"),
      Flag.withDescription("Header of the request, where sessions keep their credential; may be given several times"),
      Flag.atLeast(0)
    ),
    url: Flag.String("url").pipe(
      Flag.withMetavar("URL"),
      Flag.withDescription(`Address of the proxy to ask; ${defaultUrl} when it is left out`),
      Flag.optional
    ),
    key: Flag.Redacted("key").pipe(
      Flag.withMetavar("KEY"),
      Flag.withDescription(
        "Management key of the proxy; else from the variable MANAGEMENT_PASSWORD, which no process list shows"
      ),
      Flag.optional
    ),
    config: Flag.String("config").pipe(
      Flag.withAlias("c"),
      Flag.withMetavar("FILE"),
      Flag.withDescription("Explain this configuration, and ask no proxy"),
      Flag.optional
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print JSON, as the management API answers it"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ config, header, json, key, model, url }) {
    const path = Option.getOrUndefined(config)
    if (path !== undefined && (Option.isSome(url) || Option.isSome(key))) {
      return yield* new CommandFailed({
        message: "--config explains a file, and --url and --key ask a proxy: give one of them"
      })
    }
    const headers = yield* Effect.mapError(
      Effect.fromResult(Result.all(header.map(readHeader))),
      (message) => new CommandFailed({ message })
    )
    const print = ({ json: whole, shown }: Explained): Effect.Effect<void> =>
      json
        ? Console.log(JSON.stringify(whole, undefined, 2))
        : Effect.flatMap(Clock.currentTimeMillis, (now) =>
            Effect.forEach(explanationText(shown, now), (line) => Console.log(line), { discard: true })
          )
    if (path !== undefined) {
      const { explainFile } = yield* Effect.promise(() => import("../explain/explain-file.ts"))
      const { explained, notes } = yield* explainFile(path, model)
      yield* print(explained)
      return yield* Effect.forEach(notes, (note) => Console.error(`note: ${note}`), { discard: true })
    }
    const secret = Option.getOrElse(key, () => Redacted.make(process.env["MANAGEMENT_PASSWORD"] ?? ""))
    if (Redacted.value(secret) === "") {
      return yield* new CommandFailed({
        message: "the proxy's management key is needed: give it as --key or in MANAGEMENT_PASSWORD"
      })
    }
    const question = { url: Option.getOrElse(url, () => defaultUrl), key: secret, model, headers }
    const { askProxy } = yield* Effect.promise(() => import("../explain/ask-proxy.ts"))
    return yield* Effect.flatMap(askProxy(question), print)
  })
).pipe(Command.withDescription("Say which credential would serve a model now, and why not the others"))
