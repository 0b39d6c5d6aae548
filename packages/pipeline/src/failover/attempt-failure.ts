import { Schema } from "effect"

import type { InvalidRequest } from "../gateway-error.ts"

/** The provider answered, and its answer is an error. Texts are redacted: the credential's key is not in them. */
export class ProviderRefused extends Schema.TaggedError<ProviderRefused>()("ProviderRefused", {
  /** HTTP status of the answer; for an error inside a successful answer the status that it names, else 502. */
  status: Schema.Int,
  message: Schema.String,
  /** The provider's `error.type`, `error.code` and `error.param`, when it sent them. */
  type: Schema.NullOr(Schema.String),
  code: Schema.NullOr(Schema.String),
  param: Schema.NullOr(Schema.String),
  /** The beginning of a body in which no error was found that we can read, for the operator's rules. No client sees it. */
  body: Schema.optionalKey(Schema.String),
  /** Milliseconds that the provider asks to wait. */
  retryAfterMs: Schema.optionalKey(Schema.Number),
  /** What its limit covers, when it says so. */
  scope: Schema.optionalKey(Schema.Literals(["credential", "model", "account"])),
  /** Whether it is no answer of the provider, but a page in front of it that asks to prove that one is human. */
  challenged: Schema.optionalKey(Schema.Boolean),
  /** Whether part of the answer had already gone to the client, so that nobody else can be tried. */
  midStream: Schema.optionalKey(Schema.Boolean)
}) {}

/** No whole answer came: no connection, a broken one, a deadline, an answer that ended early or was empty. */
export class ProviderBroke extends Schema.TaggedError<ProviderBroke>()("ProviderBroke", {
  message: Schema.String,
  /** Whether part of the answer had already gone to the client, so that nobody else can be tried. */
  midStream: Schema.Boolean,
  /** Whether the provider had begun to answer: then the connection is not to blame, the answer is. */
  answered: Schema.Boolean,
  /** Whether the credential has nothing to do with it: the process of the plugin that executes was killed. */
  blameless: Schema.optionalKey(Schema.Boolean)
}) {}

/** The plugin that executes for a provider answered with an error. Its text and status are the client's. */
export class ExecutorRefused extends Schema.TaggedError<ExecutorRefused>()("ExecutorRefused", {
  /** ID of the plugin. */
  plugin: Schema.String,
  /** The plugin's text; when it is JSON, it is the whole body of the client's answer. */
  message: Schema.String,
  /** HTTP status that the plugin gave; without one it is a plain failure. */
  status: Schema.optionalKey(Schema.Int)
}) {}

/** How one attempt with one credential can fail. `InvalidRequest`: it cannot be said in the provider's protocol. */
export type AttemptFailure = ProviderRefused | ProviderBroke | ExecutorRefused | InvalidRequest
