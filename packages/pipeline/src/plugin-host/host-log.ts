import { type HostLogRequest, isSecretKey } from "@cliproxy/abi"
import { Effect, type LogLevel } from "effect"

/** Nested fields below this depth are not shown: a log line is no place for documents. */
const MAX_DEPTH = 4

const LEVELS: ReadonlyMap<string, LogLevel.Severity> = new Map<string, LogLevel.Severity>([
  ["trace", "Trace"],
  ["info", "Info"],
  ["warn", "Warn"],
  ["warning", "Warn"],
  ["error", "Error"]
])

/**
 * Writes what a plugin said with `host.log` to the host's log, annotated with the plugin's ID, its fields and the
 * request that it works for. Unknown levels are debug, a blank message is `plugin log`, blank field names are dropped, and values under names
 * that look secret are hidden. Source: plugin ABI, `host.log`.
 */
export const writePluginLog = (
  plugin: string,
  { level, message, fields }: HostLogRequest,
  requestId?: string
): Effect.Effect<void> =>
  Effect.logWithLevel(LEVELS.get(level.trim().toLowerCase()) ?? "Debug")(message.trim() || "plugin log").pipe(
    // What the host knows comes last: no field can take its place.
    Effect.annotateLogs({
      ...visibleFields(fields, 0),
      ...(requestId === undefined ? {} : { request_id: requestId }),
      plugin
    })
  )

const visibleFields = (fields: object, depth: number): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => name.trim() !== "")
      .map(([name, value]) => [name, isSecretKey(name) ? "[redacted]" : visible(value, depth + 1)])
  )

const visible = (value: unknown, depth: number): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (depth >= MAX_DEPTH) return "[nested too deep]"
  return Array.isArray(value) ? value.map((item) => visible(item, depth + 1)) : visibleFields(value, depth)
}
