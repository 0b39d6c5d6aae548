import { terminationStatus, type RequestInterceptResponse } from "@cliproxy/abi"
import { Schema } from "effect"

import type { ResponseSink } from "../response-sink.ts"
import { clientHeaders } from "./header-fields.ts"

/** An interceptor has ended the request with an answer of its own. Nothing else is tried. */
export class Terminated extends Schema.TaggedError<Terminated>()("Terminated", {
  /** ID of the plugin. */
  plugin: Schema.String,
  /** HTTP status, 200 to 599. */
  status: Schema.Int,
  /** Fit to be sent. */
  headers: Schema.Record(Schema.String, Schema.String),
  body: Schema.Uint8Array
}) {
  override get message() {
    return `plugin ${this.plugin} ended the request with status ${this.status}`
  }
}

/** The end of a request, when an interceptor's answer asks for it. */
export const terminationOf = (plugin: string, answer: RequestInterceptResponse): Terminated | undefined =>
  answer.Terminate
    ? new Terminated({
        plugin,
        status: terminationStatus(answer.StatusCode),
        headers: clientHeaders(answer.ResponseHeaders),
        body: answer.ResponseBody
      })
    : undefined

/** Answers the client as the plugin wants it. */
export const writeTermination = ({ status, headers, body }: Terminated, sink: ResponseSink): void => {
  const typed = Object.keys(headers).some((name) => name.toLowerCase() === "content-type")
  // 204 and 304 have no body and no length (RFC 9110, section 6.4.1).
  const bodiless = status === 204 || status === 304
  sink.start(status, {
    ...(typed || bodiless ? {} : { "content-type": "application/json" }),
    ...headers,
    ...(bodiless ? {} : { "content-length": String(body.length) })
  })
  if (!bodiless && body.length > 0) sink.write(body)
  sink.end()
}
