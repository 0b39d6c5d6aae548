import { readdir } from "node:fs/promises"
import { join } from "node:path"

import { discoverPlugins } from "@cliproxy/ffi"
import { Effect } from "effect"

import { packageRoot } from "../package-root.ts"

/** ID of the example plugin, from its file's name. */
const schedulerPluginId = "scheduler"

/** Whether the example plugin can be used, and from where. */
export type SchedulerExample =
  | { readonly found: true; readonly dir: string }
  | { readonly found: false; readonly reason: string }

/** The example's folder in a checkout. */
const exampleDir = join(packageRoot, "..", "..", "examples", "scheduler", "go")

/** Looks for the library of the example scheduler plugin, which only a checkout has, and only when Go has built it. */
export const findSchedulerExample: Effect.Effect<SchedulerExample> = Effect.gen(function* () {
  const inCheckout = yield* Effect.promise(() =>
    readdir(exampleDir).then(
      () => true,
      () => false
    )
  )
  if (!inCheckout) {
    return {
      found: false,
      reason: "the scheduler plugin is an example in the repository; this is an installed package"
    }
  }
  const dir = join(exampleDir, "dist")
  const configured = new Map([[schedulerPluginId, {}]])
  const libraries = yield* discoverPlugins({ dir, configured }).pipe(Effect.catch(() => Effect.succeed([])))
  return libraries.length > 0
    ? { found: true, dir }
    : {
        found: false,
        reason:
          "the scheduler plugin was left out: it is not built. Install Go (go.dev/dl), run `npm run build`, start again"
      }
})

const pluginSection = (example: SchedulerExample): string =>
  example.found
    ? `# Native plugins. The file's name is the plugin's ID: scheduler.so is \`scheduler\`.
plugins:
  enabled: true
  dir: ${JSON.stringify(example.dir)}
  configs:
    scheduler:
      enabled: true
      priority: 10
      # Everything else here belongs to the plugin. Take the mark off one of these lines, save, and ask again:
      # delegate: fill-first
      # auth_id: demo/second
      # deny: true
`
    : `# Native plugins. The file's name is the plugin's ID: scheduler.so is \`scheduler\`.
plugins:
  enabled: false
  dir: plugins
  configs:
    scheduler:
      enabled: true
      priority: 10
      # Everything else here belongs to the plugin, for instance:
      # delegate: fill-first
      # auth_id: demo/second
      # deny: true
`

/**
 * The configuration that runs when none is named, and that `cliproxy init` writes: the embedded demo provider, no client
 * keys, and the example plugin when it is there.
 */
export const starterConfig = (
  example: SchedulerExample
): string => `# Configuration of cliproxy. A change is taken over when the file is saved; host and port need a restart.

# Address and port to listen on. 127.0.0.1 serves this machine only.
host: 127.0.0.1
port: 8317

# Keys that clients must present. Without any, everybody who reaches the port may come in.
# api-keys:
#   - a-long-random-text

# The embedded demo provider: model "demo", credentials demo/first, demo/second and demo/third.
demo: true

# Providers that speak OpenAI chat completions. Each key is a credential; requests go round among them.
# openai-compatibility:
#   - name: openai
#     base-url: https://api.openai.com/v1
#     api-key-entries:
#       - name: work
#         api-key: sk-...
#     models:
#       - name: gpt-5-mini
#         alias: mini

# Keys of Claude and Gemini. Without a list of models each serves all models of its provider.
# claude-api-key:
#   - name: work
#     api-key: sk-ant-...
# gemini-api-key:
#   - name: work
#     api-key: AIza...

# round-robin, fill-first, weighted-round-robin, least-inflight or soonest-reset.
routing:
  strategy: round-robin

${pluginSection(example)}`
