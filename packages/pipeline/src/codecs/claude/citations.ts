import type { Citation } from "../../canonical/citation.ts"
import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import { isObject, listOr, textOr } from "../json-fields.ts"
import { claudeExtensions } from "./extension-fields.ts"

/*
 * `citations` of a text block: what all of the block rests on. Each is kept as it came, since Claude wants its own back
 * as they were. Source: platform.claude.com/docs/en/build-with-claude/citations.
 */

/** The citations of a block; `undefined` for none. */
export const decodeCitations = (value: unknown): ReadonlyArray<Citation> | undefined => {
  const citations = listOr(value).filter(isObject).map(decodeCitation)
  return citations.length === 0 ? undefined : citations
}

/** One citation, as a `citations_delta` brings it. */
export const decodeCitation = (citation: JsonObject): Citation => {
  // The source of a search result is whatever the client calls it by, and mostly its address.
  const source = textOr(citation["source"])
  return {
    url: textOr(citation["url"]) || (/^https?:/i.test(source) ? source : undefined),
    fileId: textOr(citation["file_id"]) || undefined,
    title: textOr(citation["title"]) || textOr(citation["document_title"]) || undefined,
    citedText: textOr(citation["cited_text"]) || undefined,
    extensions: claudeExtensions(citation)
  }
}

/**
 * A citation for a client: Claude's own as it was, an address of others as a result of a search on the web. `undefined`
 * for what has no form here: documents of others have no place in Claude's list of them.
 */
export const encodeCitation = (citation: Citation): JsonObject | undefined => {
  const own = ownCitation(citation)
  const { citedText = "", title = null, url } = citation
  if (own !== undefined || url === undefined) return own
  return { type: "web_search_result_location", cited_text: citedText, url, title, encrypted_index: NOT_CLAUDES }
}

/** The citations of a text for a client, as fields of its block; none when there are none. */
export const citationFields = (citations: ReadonlyArray<Citation> | undefined): JsonObject | undefined => {
  const encoded = citations?.flatMap((citation) => encodeCitation(citation) ?? []) ?? []
  return encoded.length === 0 ? undefined : { citations: encoded }
}

/** The citations of a text that goes back to Claude: those alone that it has made, as they were. */
export const historyCitationFields = (citations: ReadonlyArray<Citation> | undefined): JsonObject | undefined => {
  const own: Array<JsonObject> = []
  for (const citation of citations ?? []) {
    const original = ownCitation(citation)
    if (original !== undefined && isClaudes(original)) own.push(original)
  }
  return own.length === 0 ? undefined : { citations: own }
}

/** Claude encrypts where it has found a thing, and refuses what it cannot decrypt. Nobody else has such an index. */
const NOT_CLAUDES = ""

/** Whether Claude has made a citation that a client sends back, so that it takes it again. */
export const isClaudes = (citation: JsonObject): boolean =>
  citation["type"] !== "web_search_result_location" || citation["encrypted_index"] !== NOT_CLAUDES

const ownCitation = ({ extensions }: Citation): JsonObject | undefined => extensionsFor("claude", extensions)
