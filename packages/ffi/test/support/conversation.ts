import { encodeSuccess } from "@cliproxy/abi"
import { Effect } from "effect"

import { openPlugin, type OpenOptions } from "../../src/open-plugin.ts"
import type { HostCallHandler, PluginConnection } from "../../src/plugin-connection.ts"

/** The bytes of a text. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Answers every host call with what it was asked. */
export const echoHost: HostCallHandler = (_method, request) =>
  Effect.sync(() => encodeSuccess(request.length === 0 ? null : JSON.parse(new TextDecoder().decode(request))))

/** Opens a plugin with a host that echoes. */
export const open = (path: string, options: Partial<OpenOptions> = {}) =>
  openPlugin({ id: "fixture", path, onHostCall: echoHost, ...options })

/** Calls with a JSON value. */
export const callJson = (plugin: PluginConnection, method: string, request: unknown = {}, options = {}) =>
  plugin.call(method, bytes(JSON.stringify(request)), options)
