import type { IncomingMessage, ServerResponse } from "node:http"

import type { ProtocolName } from "@cliproxy/pipeline"

import type { HttpAnswer } from "./http-answer.ts"

/** One request and its answer, as the routes see them. */
export interface Exchange {
  /** UUID of the request. */
  readonly id: string
  readonly method: string
  /** Path without the query. */
  readonly path: string
  /** Query without its question mark; may hold a client's key, so it never goes to a log. */
  readonly query: string
  /** What the client speaks, by its path and headers. */
  readonly protocol: ProtocolName
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly answer: HttpAnswer
}

/** Path and query of a request target, which may also be a whole URL (RFC 9112, section 3.2). */
export const splitTarget = (target: string): { readonly path: string; readonly query: string } => {
  let relative = target
  if (!target.startsWith("/")) {
    const authority = target.indexOf("://")
    const slash = authority < 0 ? -1 : target.indexOf("/", authority + 3)
    relative = slash < 0 ? "/" : target.slice(slash)
  }
  const mark = relative.indexOf("?")
  return mark < 0 ? { path: relative, query: "" } : { path: relative.slice(0, mark), query: relative.slice(mark + 1) }
}

/** Undoes percent-encoding; a path that is not well encoded stands for itself. */
export const decodePath = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
