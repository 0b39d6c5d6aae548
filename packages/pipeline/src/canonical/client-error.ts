/** An error as it is to be told to a client, in no protocol. */
export interface ClientError {
  /** HTTP status, 400 to 599. */
  readonly status: number
  readonly message: string
  /**
   * What kind of error the provider, or the gateway, calls it: a codec keeps it when it is one of its protocol's own
   * words, and goes by the status otherwise.
   */
  readonly type: string | null
  /** Machine-readable code such as `model_not_found`. */
  readonly code: string | null
  /** Name of the offending field of the client's request. */
  readonly param: string | null
}
