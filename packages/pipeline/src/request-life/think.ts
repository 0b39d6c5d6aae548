import {
  type ModelInfo,
  ModelInfo as ModelInfoKind,
  normalizeIdentifier,
  thinkingApply,
  type ThinkingConfig,
  thinkingIdentifier,
  zeroValue
} from "@cliproxy/abi"
import { Effect } from "effect"

import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { CallHook } from "./hook-calls.ts"
import type { HookDeadlines } from "./hook-deadlines.ts"
import { bufferOf } from "./request-interception.ts"

/** Formats whose thinking settings the host writes itself. No plugin can take them. Source: plugin ABI, thinking. */
const BUILT_IN: ReadonlySet<string> = new Set(["gemini", "claude", "openai", "codex", "antigravity", "kimi", "xai"])

const UNKNOWN_MODEL: ModelInfo = zeroValue(ModelInfoKind)

/** A request that is to say how much its model shall think. */
export interface ThinkingRequest {
  /** Protocol that the body is in. */
  readonly toFormat: string
  /** `undefined` when the model is not known. */
  readonly model: ModelInfo | undefined
  readonly config: ThinkingConfig
  readonly body: Buffer
}

/** The plugins that write thinking settings, by format. */
export interface ThinkingAppliers {
  /** Asks the plugins for the formats that they own. To be run after each configuration. */
  readonly learn: (appliers: ReadonlyArray<ActivePlugin>) => Effect.Effect<void>
  readonly owns: (format: string) => boolean
  /** The stage that writes a thinking setting. A body in a format without an owner, or whose owner fails, stays as it is. */
  readonly think: (request: ThinkingRequest) => Effect.Effect<Buffer>
}

/** Makes an empty table of appliers. */
export const makeThinkingAppliers = (callHook: CallHook, deadlines: HookDeadlines): ThinkingAppliers => {
  let owners: ReadonlyMap<string, ActivePlugin> = new Map()
  return {
    learn: Effect.fnUntraced(function* (appliers) {
      const identified = yield* Effect.forEach(
        appliers,
        (plugin) =>
          Effect.map(
            callHook({
              plugin,
              contract: thinkingIdentifier,
              request: () => ({}),
              deadlineMs: deadlines.identifierMs,
              onFailure: "silent"
            }),
            (answer) => [plugin, normalizeIdentifier(answer?.identifier ?? "")] as const
          ),
        { concurrency: "unbounded" }
      )
      const next = new Map<string, ActivePlugin>()
      // In priority order: the first owns a format.
      for (const [plugin, format] of identified) {
        if (format !== "" && !BUILT_IN.has(format) && !next.has(format)) next.set(format, plugin)
      }
      owners = next
    }),
    owns: (format) => owners.has(format.toLowerCase()),
    think: ({ toFormat, model, config, body }) => {
      const format = toFormat.toLowerCase()
      const plugin = owners.get(format)
      if (plugin === undefined) return Effect.succeed(body)
      return callHook({
        plugin,
        contract: thinkingApply,
        deadlineMs: deadlines.convertMs,
        onFailure: "silent",
        scope: {},
        request: (host_callback_id) => ({
          Provider: format,
          Model: model ?? UNKNOWN_MODEL,
          Config: config,
          Body: body,
          host_callback_id
        })
      }).pipe(Effect.map((answer) => (answer === undefined || answer.Body.length === 0 ? body : bufferOf(answer.Body))))
    }
  }
}
