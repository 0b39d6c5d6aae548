import { resolve } from "node:path"

import { explainSettings } from "@cliproxy/pipeline"
import { explanationObject } from "@cliproxy/server"
import { Clock, Effect } from "effect"

import { CommandFailed } from "../commands/command-failed.ts"
import { loadConfig } from "../config/read-config.ts"
import { explainedHere } from "./explanation.ts"

/** What a configuration file alone says of a model, and what it leaves out: nothing rests. */
export const explainFile = Effect.fnUntraced(function* (path: string, model: string) {
  const { config } = yield* loadConfig(resolve(path), process.cwd())
  const now = yield* Clock.currentTimeMillis
  const { gateway } = config
  const notes = [
    ...(config.demo ? ["the demo's own credentials are not shown: they are there only while the proxy runs"] : []),
    ...(gateway.authDir === undefined ? [] : [`credentials in ${gateway.authDir} are not shown`]),
    ...(gateway.plugins.enabled ? ["what plugins add is not shown, and none is asked"] : [])
  ]
  const explained = yield* Effect.mapError(
    Effect.fromResult(explainSettings(gateway, model, now)),
    ({ message }) => new CommandFailed({ message: [`${path}: ${message}`, ...notes].join("\nnote: ") })
  )
  return { explained: explainedHere(explanationObject(explained)), notes }
})
