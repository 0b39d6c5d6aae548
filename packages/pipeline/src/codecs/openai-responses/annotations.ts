import type { Citation } from "../../canonical/citation.ts"
import type { JsonObject } from "../../canonical/json.ts"
import { urlCitation } from "../openai-chat/annotations.ts"
import { charactersBefore } from "../text-offsets.ts"

/**
 * An annotation of an output text: a page of the web, or a file that was uploaded before. `undefined` for a document that
 * has neither address nor ID, which this protocol has no form for. `text` is the text of the part.
 * Source: https://platform.openai.com/docs/api-reference/responses/object, `output[].content[].annotations`.
 */
export const encodeAnnotation = ({ fileId, range, title, url }: Citation, text: string): JsonObject | undefined => {
  const { end, start } = range ?? { start: 0, end: text.length }
  if (url !== undefined) return { type: "url_citation", ...urlCitation(url, title, { start, end }, text) }
  if (fileId === undefined) return undefined
  return { type: "file_citation", file_id: fileId, filename: title ?? "", index: charactersBefore(text, end) }
}
