import type { Execution } from "./execution.ts"
import type { HeaderFields } from "./header-fields.ts"
import type { ResponseConversion } from "./convert-response.ts"

/** One attempt's request as it was sent, for the stages that look at the answer. */
export interface Exchange {
  /** Its metadata names the attempt's credential. */
  readonly execution: Execution
  /** The request's headers as interceptors left them. */
  readonly requestHeaders: HeaderFields
  /** The client's body as `request.intercept_before` left it. */
  readonly originalRequest: Buffer
  /** The client's body as `request.intercept_after` left it, in the client's protocol. */
  readonly requestBody: Buffer
  /** How the answer comes to the client's protocol; `undefined` when it is in that protocol and nobody converts it. */
  readonly conversion: ResponseConversion | undefined
}
