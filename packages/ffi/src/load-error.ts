import { Schema } from "effect"

import type { OpenOutcome } from "./bridge.ts"
import { missingFunction, openStatus } from "./native-status.ts"

const at = {
  /** Absolute path of the library. */
  path: Schema.String
}

/** There is no file at the path, or it may not be read. */
export class PluginFileMissing extends Schema.TaggedError<PluginFileMissing>()("PluginFileMissing", {
  ...at,
  /** The system's error code, such as `ENOENT` or `EACCES`. */
  code: Schema.String
}) {
  override get message() {
    return `cannot read the plugin file ${this.path} (${this.code})`
  }
}

/** The file is not a shared library that this machine can load. */
export class PluginNotALibrary extends Schema.TaggedError<PluginNotALibrary>()("PluginNotALibrary", {
  ...at,
  /** What the dynamic loader said. */
  detail: Schema.String
}) {
  override get message() {
    return `${this.path} is not a loadable shared library: ${this.detail}`
  }
}

/** The library does not export `cliproxy_plugin_init`. Nothing of it was called. */
export class PluginSymbolMissing extends Schema.TaggedError<PluginSymbolMissing>()("PluginSymbolMissing", at) {
  override get message() {
    return `${this.path} does not export cliproxy_plugin_init: it is no plugin, or the symbol is hidden`
  }
}

/** `cliproxy_plugin_init` returned something other than 0. */
export class PluginInitRefused extends Schema.TaggedError<PluginInitRefused>()("PluginInitRefused", {
  ...at,
  /** What it returned. */
  returnCode: Schema.Int
}) {
  override get message() {
    return `cliproxy_plugin_init of ${this.path} returned ${this.returnCode}`
  }
}

/** The plugin speaks another version of the ABI. */
export class PluginAbiUnsupported extends Schema.TaggedError<PluginAbiUnsupported>()("PluginAbiUnsupported", {
  ...at,
  /** What the plugin wrote to `abi_version`. */
  version: Schema.Int
}) {
  override get message() {
    return `${this.path} speaks plugin ABI version ${this.version}; this host speaks version 1`
  }
}

/** The plugin left a function out of its table that every plugin must have. */
export class PluginTableIncomplete extends Schema.TaggedError<PluginTableIncomplete>()("PluginTableIncomplete", {
  ...at,
  missing: Schema.Array(Schema.Literals(["call", "free_buffer"]))
}) {
  override get message() {
    return `the function table of ${this.path} is incomplete: no ${this.missing.join(", no ")}`
  }
}

/** The same library is open already in this process. One library has one state; opening it twice would mix two owners. */
export class PluginAlreadyOpen extends Schema.TaggedError<PluginAlreadyOpen>()("PluginAlreadyOpen", at) {
  override get message() {
    return `${this.path} is open already in this process`
  }
}

/** Loading or initialising took too long. When it ends after all, the plugin is shut down at once. */
export class PluginLoadDeadlineExceeded extends Schema.TaggedError<PluginLoadDeadlineExceeded>()(
  "PluginLoadDeadlineExceeded",
  {
    ...at,
    /** Milliseconds. */
    deadlineMs: Schema.Number
  }
) {
  override get message() {
    return `${this.path} did not load within ${this.deadlineMs} ms`
  }
}

/** What was to load the plugin gave out: no thread, no memory, or its process ended. */
export class PluginHostExhausted extends Schema.TaggedError<PluginHostExhausted>()("PluginHostExhausted", {
  ...at,
  detail: Schema.String,
  /** How the process ended that was to hold the plugin, such as `signal SIGSEGV`. */
  ending: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    return `cannot load ${this.path}: ${this.detail}`
  }
}

/** Every way in which opening a plugin can fail. */
export type PluginLoadError =
  | PluginFileMissing
  | PluginNotALibrary
  | PluginSymbolMissing
  | PluginInitRefused
  | PluginAbiUnsupported
  | PluginTableIncomplete
  | PluginAlreadyOpen
  | PluginLoadDeadlineExceeded
  | PluginHostExhausted

/** The error for an outcome other than success, by `OPEN_` of native/bridge.h. */
export const loadError = (path: string, { status, code, detail }: OpenOutcome): PluginLoadError => {
  switch (status) {
    case openStatus.notALibrary:
      return new PluginNotALibrary({ path, detail })
    case openStatus.symbolMissing:
      return new PluginSymbolMissing({ path })
    case openStatus.initRefused:
      return new PluginInitRefused({ path, returnCode: code })
    case openStatus.abiUnsupported:
      return new PluginAbiUnsupported({ path, version: code >>> 0 })
    case openStatus.tableIncomplete:
      return new PluginTableIncomplete({
        path,
        missing: [
          ...((code & missingFunction.call) === 0 ? [] : ["call" as const]),
          ...((code & missingFunction.freeBuffer) === 0 ? [] : ["free_buffer" as const])
        ]
      })
    case openStatus.alreadyOpen:
      return new PluginAlreadyOpen({ path })
    default:
      return new PluginHostExhausted({ path, detail: "no thread or memory left" })
  }
}
