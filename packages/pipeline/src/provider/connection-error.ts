import { Redacted } from "effect"

/**
 * What a connection error says to people: no addresses, no stack. Codes are Node's, OpenSSL's and undici's.
 * `proxyUrl` is the credential's own proxy setting: what failed may be that proxy.
 */
export const describeConnectionError = (error: unknown, proxyUrl?: Redacted.Redacted): string => {
  const throughProxy = proxyUrl !== undefined && Redacted.value(proxyUrl).includes("://")
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""
  switch (code) {
    case "UND_ERR_CONNECT_TIMEOUT":
      return "The connection to the provider could not be made in time."
    case "UND_ERR_HEADERS_TIMEOUT":
      return "The provider did not begin to answer in time."
    case "UND_ERR_BODY_TIMEOUT":
      return "The provider stopped sending in the middle of its answer."
    case "ECONNREFUSED":
      return `The provider${throughProxy ? ", or the credential's proxy," : ""} refused the connection.`
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The provider's host name${throughProxy ? ", or that of the credential's proxy," : ""} could not be resolved.`
    case "UND_ERR_PRX_CONN":
      return "The proxy did not connect to the provider."
    case "UND_ERR_PRX_TLS":
      return "The TLS connection to the proxy failed."
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return "The provider does not speak TLS at this address."
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `The provider's certificate is not to be trusted (${code}).`
    case "UND_ERR_HEADERS_OVERFLOW":
      return "The head of the provider's answer is too large."
    case "ECONNRESET":
    case "EPIPE":
    case "UND_ERR_SOCKET":
      return "The provider closed the connection before its answer was complete."
    case "UND_ERR_INVALID_ARG":
      // Undici names the header, never its value.
      return `The request could not be sent: ${error instanceof Error ? error.message : ""}.`
    default:
      if (error instanceof Error && error.name === "HTTPParserError") return "The provider's answer is not HTTP."
      if (code.startsWith("UND_ERR_SOCKS5")) return `The SOCKS proxy failed (${code}).`
      return `The connection to the provider failed${code === "" ? "" : ` (${code})`}.`
  }
}
