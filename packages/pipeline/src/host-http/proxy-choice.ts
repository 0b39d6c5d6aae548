import { Result } from "effect"

/** Through which proxy requests leave. */
export type ProxyChoice =
  /** As `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say; none to this machine itself. */
  | { readonly _tag: "Environment" }
  /** None, whatever the environment says. */
  | { readonly _tag: "Direct" }
  /** `url` may hold a password. */
  | { readonly _tag: "Proxy"; readonly url: string }

const PROTOCOLS = new Set(["http:", "https:", "socks5:"])

/**
 * Reads a proxy setting: an `http`, `https` or `socks5` URL, `direct` or `none` for no proxy at all, nothing for what
 * the environment says. `socks5h` is taken for `socks5`: host names are resolved by the proxy in both. Fails with a
 * sentence that does not show the URL, which may hold a password.
 */
export const readProxyChoice = (setting: string | undefined): Result.Result<ProxyChoice, string> => {
  const text = (setting ?? "").trim()
  if (text === "") return Result.succeed({ _tag: "Environment" })
  if (/^(direct|none)$/i.test(text)) return Result.succeed({ _tag: "Direct" })
  const url = URL.parse(text.replace(/^socks5h:/i, "socks5:"))
  if (url === null || url.hostname === "") return Result.fail("the proxy URL is not a URL with a host")
  if (!PROTOCOLS.has(url.protocol)) {
    return Result.fail(`the proxy URL has the scheme ${url.protocol.slice(0, -1)}; http, https and socks5 are known`)
  }
  return Result.succeed({ _tag: "Proxy", url: url.href })
}
