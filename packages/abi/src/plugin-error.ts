import { Schema } from "effect"

const call = {
  /** Host-local plugin ID, from the library's file name. */
  plugin: Schema.String,
  /** Method that was called, such as `scheduler.pick`. */
  method: Schema.String
}

/**
 * The plugin answered, and its answer is an error: an envelope with `ok: false`.
 *
 * `httpStatus` is present only when the envelope carried a status above 0.
 * Source: plugin ABI, envelope (`docs/plugin-abi.md`).
 */
export class PluginRefused extends Schema.TaggedError<PluginRefused>()("PluginRefused", {
  ...call,
  /** Free text chosen by the plugin, such as `scheduler_denied`; may be empty. */
  code: Schema.String,
  /** Text for people, trimmed; `plugin call failed` when the plugin gave none. */
  message: Schema.String,
  retryable: Schema.Boolean,
  httpStatus: Schema.optionalKey(Schema.Int)
}) {}

/** The native call returned a non-zero code and no error envelope. */
export class PluginTransportFailed extends Schema.TaggedError<PluginTransportFailed>()("PluginTransportFailed", {
  ...call,
  /** What the plugin's `call` function returned. */
  returnCode: Schema.Int,
  /** The answer's bytes as text, cut to 4 KiB. */
  body: Schema.String
}) {
  override get message() {
    return `plugin call ${this.method} returned ${this.returnCode}: ${this.body}`
  }
}

/** The answer is not an envelope, or its result does not have the shape that the method promises. */
export class PluginAnswerMalformed extends Schema.TaggedError<PluginAnswerMalformed>()("PluginAnswerMalformed", {
  ...call,
  /** What was wrong, and where in the answer. */
  detail: Schema.String
}) {
  override get message() {
    return `plugin ${this.plugin} gave a malformed answer to ${this.method}: ${this.detail}`
  }
}

/** The call was given up at its deadline. In process its thread goes on until the plugin returns; the late answer is dropped. */
export class PluginDeadlineExceeded extends Schema.TaggedError<PluginDeadlineExceeded>()("PluginDeadlineExceeded", {
  ...call,
  /** Deadline of the call in milliseconds. */
  deadlineMs: Schema.Number
}) {
  override get message() {
    return `plugin ${this.plugin} did not answer ${this.method} within ${this.deadlineMs} ms`
  }
}

/** The plugin, or the host that holds it, is closing or closed. Nothing was called. */
export class PluginClosed extends Schema.TaggedError<PluginClosed>()("PluginClosed", call) {
  override get message() {
    return `plugin client is closed: ${this.plugin} gets no ${this.method}`
  }
}

/**
 * The process that holds the plugin ended while the call ran: the plugin crashed, called `exit`, or was killed. What
 * the call has done is unknown; the same call may be made again where doing it twice is harmless.
 */
export class PluginCrashed extends Schema.TaggedError<PluginCrashed>()("PluginCrashed", {
  ...call,
  /** How the process ended, such as `signal SIGSEGV` or `exit code 2`. */
  ending: Schema.String
}) {
  override get message() {
    return `the process of plugin ${this.plugin} ended (${this.ending}) during ${this.method}`
  }
}

/** The plugin is not running: its process is being started again, or has crashed so often that it stays off. Nothing was called. */
export class PluginUnavailable extends Schema.TaggedError<PluginUnavailable>()("PluginUnavailable", {
  ...call,
  /** `restarting`: it will be back. `fused`: it stays off until it is configured anew. */
  state: Schema.Literals(["restarting", "fused"]),
  /** Why it is not running. */
  detail: Schema.String
}) {
  override get message() {
    return `plugin ${this.plugin} is ${this.state}: ${this.detail}`
  }
}

/** Every way in which calling a plugin can fail. */
export type PluginCallError =
  | PluginRefused
  | PluginTransportFailed
  | PluginAnswerMalformed
  | PluginDeadlineExceeded
  | PluginClosed
  | PluginCrashed
  | PluginUnavailable
