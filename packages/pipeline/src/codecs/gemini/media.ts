import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { FilePart, ImagePart, MediaSource } from "../../canonical/part.ts"
import { isObject } from "../json-fields.ts"
import { mediaTypeOfName } from "../media-types.ts"

/** Google has a name of its own for one. Source: https://ai.google.dev/gemini-api/docs/audio#supported-formats */
const typeOfUrl = (url: string): string | undefined => {
  const mediaType = mediaTypeOfName(url)
  return mediaType === "audio/mpeg" ? "audio/mp3" : mediaType
}

const isImage = (mediaType: string | undefined): boolean => mediaType?.startsWith("image/") === true

/** Google's JSON may write bytes in the alphabet for URLs. */
const standardBase64 = (data: string): string =>
  data.includes("-") || data.includes("_") ? data.replaceAll("-", "+").replaceAll("_", "/") : data

/** The part that stands for `inlineData`. Source: https://ai.google.dev/api/caching#Blob */
export const partOfInlineData = (mimeType: string, data: string, name: string | undefined): ImagePart | FilePart => {
  const source: MediaSource = { kind: "base64", mediaType: mimeType, data: standardBase64(data) }
  if (isImage(mimeType) && name === undefined) return { type: "image", source }
  return isImage(mimeType)
    ? { type: "image", source, extensions: { protocol: "gemini", fields: { displayName: name } } }
    : { type: "file", source, name }
}

/** A file of the Files API, or in Google's cloud storage: nobody but Google's servers can read it. */
const isUploaded = (uri: string): boolean =>
  uri.startsWith("https://generativelanguage.googleapis.com/") || !/^https?:\/\//.test(uri)

/** The part that stands for `fileData`. Source: https://ai.google.dev/gemini-api/docs/file-input-methods */
export const partOfFileData = (uri: string, mimeType: string | undefined): ImagePart | FilePart => {
  const source: MediaSource = isUploaded(uri)
    ? { kind: "uploaded", protocol: "gemini", id: uri, mediaType: mimeType }
    : { kind: "url", url: uri, mediaType: mimeType }
  return { type: isImage(mimeType ?? typeOfUrl(uri)) ? "image" : "file", source }
}

/** A `data:` URL as the bytes it holds; `undefined` for any other. */
const bytesOfUrl = (url: string): { readonly mimeType: string; readonly data: string } | undefined => {
  if (!url.startsWith("data:")) return undefined
  const comma = url.indexOf(",")
  const head = url.slice("data:".length, Math.max(comma, 0))
  return head.endsWith(";base64")
    ? { mimeType: head.slice(0, head.indexOf(";")), data: url.slice(comma + 1) }
    : undefined
}

/**
 * An image or a file as a part. The API fetches any public `https` URL itself (Gemini 2.5 and later). A file that was
 * uploaded to another provider cannot be read: a short text says that it was left out.
 */
export const encodeMedia = (part: ImagePart | FilePart): JsonObject => {
  const { source } = part
  switch (source.kind) {
    case "base64":
      return { inlineData: { mimeType: source.mediaType, data: source.data } }
    case "url": {
      const bytes = bytesOfUrl(source.url)
      if (bytes !== undefined) return { inlineData: bytes }
      const mimeType = source.mediaType ?? typeOfUrl(source.url)
      return { fileData: mimeType === undefined ? { fileUri: source.url } : { mimeType, fileUri: source.url } }
    }
    case "uploaded": {
      if (source.protocol !== "gemini") return { text: `[A file was left out: ${nameOf(part)}]` }
      const { id, mediaType } = source
      return { fileData: mediaType === undefined ? { fileUri: id } : { mimeType: mediaType, fileUri: id } }
    }
  }
}

const nameOf = (part: ImagePart | FilePart): string => (part.type === "file" ? (part.name ?? "no name") : "an image")

/** Bytes in a function response, with the name by which the response may refer to them. */
export const encodeResponseMedia = (part: ImagePart | FilePart): JsonObject => {
  const { inlineData, ...others } = encodeMedia(part)
  const name = part.type === "file" ? part.name : extensionsFor("gemini", part.extensions)?.["displayName"]
  if (!isObject(inlineData) || name === undefined) return { ...others, inlineData }
  return { ...others, inlineData: { ...inlineData, displayName: name } }
}

/** What was kept of a part beside its media, without the name, which only a function response has a place for. */
export const keptBesideMedia = (part: ImagePart | FilePart): JsonObject => {
  const { displayName: _name, ...fields } = extensionsFor("gemini", part.extensions) ?? {}
  return fields
}
