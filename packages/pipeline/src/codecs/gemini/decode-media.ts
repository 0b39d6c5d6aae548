import type { FilePart, ImagePart } from "../../canonical/part.ts"
import { needObject, needText, optional } from "../json-fields.ts"
import { partOfFileData, partOfInlineData } from "./media.ts"
import { wireField } from "./wire-fields.ts"

/** Reads a client's `inlineData`; `undefined` when there is none. */
export const decodeInlineData = (value: unknown, path: string): ImagePart | FilePart | undefined => {
  if (value === undefined || value === null) return undefined
  const blob = needObject(value, path)
  return partOfInlineData(
    needText(wireField(blob, "mimeType", "mime_type"), `${path}.mimeType`),
    needText(blob["data"], `${path}.data`),
    optional(needText, wireField(blob, "displayName", "display_name"), `${path}.displayName`)
  )
}

/** Reads a client's `fileData`; `undefined` when there is none. */
export const decodeFileData = (value: unknown, path: string): ImagePart | FilePart | undefined => {
  if (value === undefined || value === null) return undefined
  const file = needObject(value, path)
  return partOfFileData(
    needText(wireField(file, "fileUri", "file_uri"), `${path}.fileUri`),
    optional(needText, wireField(file, "mimeType", "mime_type"), `${path}.mimeType`)
  )
}
