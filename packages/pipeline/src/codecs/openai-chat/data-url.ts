import type { MediaSource } from "../../canonical/part.ts"

const SCHEME = "data:"
const BASE64 = ";base64"

/**
 * Where the bytes are that a URL names: in the URL itself when it is a `data:` URL (RFC 2397), else behind it.
 * `undefined` for a `data:` URL that is malformed.
 */
export const sourceOfUrl = (url: string): MediaSource | undefined => {
  if (url.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return { kind: "url", url }
  const comma = url.indexOf(",")
  if (comma === -1) return undefined
  const head = url.slice(SCHEME.length, comma)
  const encoded = head.toLowerCase().endsWith(BASE64)
  const type = encoded ? head.slice(0, -BASE64.length) : head
  const mediaType = type.split(";", 1)[0] || "text/plain"
  const body = url.slice(comma + 1)
  const data = encoded ? body : percentDecoded(body)
  return data === undefined ? undefined : { kind: "base64", mediaType, data }
}

const percentDecoded = (text: string): string | undefined => {
  try {
    return Buffer.from(decodeURIComponent(text)).toString("base64")
  } catch {
    return undefined
  }
}

/** A source as a URL; `undefined` for an uploaded file, which has none. */
export const urlOfSource = (source: MediaSource): string | undefined => {
  switch (source.kind) {
    case "base64":
      return `data:${source.mediaType};base64,${source.data}`
    case "url":
      return source.url
    case "uploaded":
      return undefined
  }
}
