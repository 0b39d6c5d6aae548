import { createHash } from "node:crypto"

/** First bytes of the kinds of images that all three providers read. */
const SIGNATURES: ReadonlyArray<readonly [mediaType: string, hex: string]> = [
  ["image/png", "89504e470d0a1a0a"],
  ["image/jpeg", "ffd8ff"],
  ["image/gif", "47494638"],
  ["image/webp", "52494646"]
]

/** Standard base64, padded. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** What is wrong with an image, or `undefined` when it can be shown to the model. */
export const imageProblem = (mediaType: string, data: string): string | undefined => {
  if (data === "" || !BASE64.test(data)) return "the data is not base64"
  const hex = Buffer.from(data, "base64").subarray(0, 8).toString("hex")
  const actual = SIGNATURES.find(([, start]) => hex.startsWith(start))?.[0]
  if (actual === undefined) return "the data is no image"
  return actual === mediaType ? undefined : `the data is ${actual}, not ${mediaType}`
}

/** What the simulated model sees of an image: enough to tell that it is this one, byte for byte. */
export const fingerprint = (data: string): string =>
  createHash("sha256").update(Buffer.from(data, "base64")).digest("hex").slice(0, 10)

/** Media type and base64 of a `data:` URL; `undefined` for any other URL. */
export const dataUrl = (url: string): { readonly mediaType: string; readonly data: string } | undefined => {
  const [, mediaType, data] = /^data:([a-z]+\/[a-z0-9.+-]+);base64,(.*)$/is.exec(url) ?? []
  return mediaType === undefined || data === undefined ? undefined : { mediaType, data }
}
