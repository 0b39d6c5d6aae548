import { Schema } from "effect"

/** The client's request cannot be served as it is: unknown model, missing field. Nothing was sent to a provider. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  message: Schema.String,
  /** HTTP status for the client, 4xx. */
  status: Schema.Int,
  /** Machine-readable code such as `model_not_found`. */
  code: Schema.NullOr(Schema.String),
  /** Name of the offending field. */
  param: Schema.NullOr(Schema.String)
}) {}

/** No credential can take the request now. */
export class NoCredential extends Schema.TaggedError<NoCredential>()("NoCredential", {
  message: Schema.String,
  /** 429 when all are cooling, 503 otherwise. */
  status: Schema.Int,
  code: Schema.String,
  /** Milliseconds until the first credential is back, when known. */
  retryAfterMs: Schema.optionalKey(Schema.Number)
}) {}

/** The last provider that was tried answered with an error status, and nobody else could serve the request. */
export class UpstreamFailed extends Schema.TaggedError<UpstreamFailed>()("UpstreamFailed", {
  message: Schema.String,
  /** HTTP status for the client. */
  status: Schema.Int,
  /** The provider's `error.type`, when it sent one. */
  type: Schema.NullOr(Schema.String),
  code: Schema.NullOr(Schema.String),
  param: Schema.NullOr(Schema.String),
  retryAfterMs: Schema.optionalKey(Schema.Number),
  /** JSON that is to be the whole body of the client's answer, instead of an error object made of the fields above. */
  body: Schema.optionalKey(Schema.String)
}) {}

/** A connection to a provider could not be made, or broke, and nobody else could serve the request. */
export class UpstreamUnreachable extends Schema.TaggedError<UpstreamUnreachable>()("UpstreamUnreachable", {
  message: Schema.String,
  /** Whether part of an answer had already reached the client. */
  midStream: Schema.Boolean
}) {}

/** The scheduler plugin stopped the request. */
export class SchedulerRefused extends Schema.TaggedError<SchedulerRefused>()("SchedulerRefused", {
  message: Schema.String,
  /** The plugin's `http_status`, 500 when it gave none. */
  status: Schema.Int,
  /** The plugin's error code, such as `scheduler_denied`; may be empty. */
  code: Schema.String,
  /** JSON that is to be the whole body of the client's answer: the plugin's text, when it is JSON. Source: plugin ABI, errors. */
  body: Schema.optionalKey(Schema.String)
}) {}

/** Every way in which a request can end without its answer. The server writes each in the shape of the client's protocol. */
export type GatewayError = InvalidRequest | NoCredential | UpstreamFailed | UpstreamUnreachable | SchedulerRefused

/** The HTTP status that says what an error is, for reports to plugins. */
export const statusOf = (error: GatewayError): number => (error._tag === "UpstreamUnreachable" ? 502 : error.status)
