import type { IncomingHttpHeaders } from "node:http"
import { isIP } from "node:net"

/**
 * Whether a request comes from a web page (RFC 6454, section 7) that is neither of this machine nor the gateway's own.
 * Browsers set `Origin` in whatever a page sends to another origin, and pages cannot change it. A page counts as the
 * gateway's own at an IP address only: whoever owns a name can let it point here after the page was loaded.
 */
export const isForeignOrigin = ({ host, origin }: IncomingHttpHeaders): boolean => {
  if (origin === undefined) return false
  const url = URL.parse(origin)
  // `null`: a page of a sandbox or a file.
  if (url === null) return true
  const name = url.hostname.replace(/^\[(.*)\]$/, "$1")
  if (name === "localhost" || name.endsWith(".localhost") || name === "::1") return false
  if (isIP(name) === 4 && name.startsWith("127.")) return false
  return isIP(name) === 0 || url.host !== host
}
