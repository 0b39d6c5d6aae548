import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { FilePart, ImagePart, ToolResultPart } from "../../canonical/part.ts"
import { encodeMedia, encodeResponseMedia } from "./media.ts"
import type { ModelFeatures } from "./model-features.ts"

/** A result as a `functionResponse`, and the parts that must stand beside it in the same turn. */
export interface EncodedResult {
  readonly response: JsonObject
  readonly beside: ReadonlyArray<JsonObject>
}

/** Media that a function response can hold. Source: https://ai.google.dev/gemini-api/docs/function-calling#multimodal */
const RESPONSE_MEDIA: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/webp",
  "application/pdf",
  "text/plain"
])

type Media = ImagePart | FilePart

/**
 * Writes a result: its text as `output`, or as `error`. Media are inside of the response where the model reads them
 * there (Gemini 3, bytes of some types), else they follow in the same turn with a line that says whose they are.
 */
export const encodeToolResult = (part: ToolResultPart, name: string, features: ModelFeatures): EncodedResult => {
  const { response = responseOf(part), ...others } = extensionsFor("gemini", part.extensions) ?? {}
  const media = part.content.filter((piece): piece is Media => piece.type !== "text")
  const inside = media.filter((piece) => features.mediaInResponses && canBeInside(piece))
  const outside = media.filter((piece) => !inside.includes(piece))
  const parts = inside.map(encodeResponseMedia)
  return {
    response: {
      functionResponse: { id: part.callId, name, response, ...(parts.length > 0 && { parts }), ...others }
    },
    beside: outside.length === 0 ? [] : [{ text: mediaOf(name, part.callId) }, ...outside.map(encodeMedia)]
  }
}

const canBeInside = ({ source }: Media): boolean => source.kind === "base64" && RESPONSE_MEDIA.has(source.mediaType)

const textOf = (part: ToolResultPart): string | undefined => {
  const texts = part.content.filter((piece) => piece.type === "text")
  return texts.length === 0 ? undefined : texts.map(({ text }) => text).join("\n")
}

const responseOf = (part: ToolResultPart): JsonObject => {
  const text = textOf(part)
  if (part.isError === true) return { error: text ?? "" }
  return text === undefined ? {} : { output: text }
}

const mediaOf = (name: string, callId: string): string => `From the result of ${name} (${callId}):`

/** A result whose call is not in the turn before, in words: the API refuses a response to no call. */
export const orphanResult = (part: ToolResultPart): ReadonlyArray<Record<string, unknown>> => {
  const media = part.content.filter((piece): piece is Media => piece.type !== "text")
  const text = textOf(part) ?? ""
  return [
    { text: `Result of ${part.name ?? "a tool"} (${part.callId}):${text === "" ? "" : `\n${text}`}` },
    ...media.map((piece) => ({ ...encodeMedia(piece) }))
  ]
}
