/** What a connection error says to people: no addresses, no stack. Codes are Node's and undici's. */
export const describeConnectionError = (error: unknown): string => {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""
  switch (code) {
    case "UND_ERR_CONNECT_TIMEOUT":
      return "The connection to the provider could not be made in time."
    case "UND_ERR_HEADERS_TIMEOUT":
      return "The provider did not begin to answer in time."
    case "UND_ERR_BODY_TIMEOUT":
      return "The provider stopped sending in the middle of its answer."
    case "ECONNREFUSED":
      return "The provider refused the connection."
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "The provider's host name could not be resolved."
    case "ECONNRESET":
    case "EPIPE":
    case "UND_ERR_SOCKET":
      return "The provider closed the connection before its answer was complete."
    case "UND_ERR_INVALID_ARG":
      // Undici names the header, never its value.
      return `The request could not be sent: ${error instanceof Error ? error.message : ""}.`
    default:
      return `The connection to the provider failed${code === "" ? "" : ` (${code})`}.`
  }
}
