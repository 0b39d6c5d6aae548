import type { Citation } from "../../canonical/citation.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { TokenLogprob } from "../../canonical/token-logprob.ts"
import { encodeLogprobs } from "../openai-chat/token-logprobs.ts"
import { encodeAnnotation } from "./annotations.ts"
import { contentPart, messageItem } from "./output-items.ts"
import { nothing, type OpenPart, place, type SendEvent, type StreamItem } from "./stream-items.ts"

/** A piece of a message, as far as it has come. */
interface Content {
  readonly type: "text" | "refusal"
  text: string
  readonly annotations: Array<JsonObject>
  readonly logprobs: Array<JsonObject>
}

const partOf = (content: Content): JsonObject => contentPart(content.type, content.text, notesOf(content))

const notesOf = ({ annotations, logprobs }: Content) => ({ annotations, logprobs })

/** A message. Its parts begin by `addContent`, and several may be open. */
export const makeMessage = (id: string, index: number, send: SendEvent): StreamItem => {
  const contents: Array<Content> = []
  const started = messageItem(id, [], "in_progress")
  const item: StreamItem = {
    index,
    openParts: 0,
    started,
    ended: (status) => messageItem(id, contents.map(partOf), status),
    addContent: (type) => {
      const content: Content = { type, text: "", annotations: [], logprobs: [] }
      const where = `${place(started, index)},"content_index":${contents.length}`
      contents.push(content)
      item.openParts++
      return type === "text" ? openText(item, content, where, send) : openRefusal(item, content, where, send)
    }
  }
  return item
}

/**
 * A text. Its citations are sent at its end, since one without a range is about all of it; those that come later are sent
 * at once.
 */
const openText = (item: StreamItem, content: Content, where: string, send: SendEvent): OpenPart => {
  const beforeDelta = `${where},"logprobs":[],"delta":`
  const citations: Array<Citation> = []
  const tokens: Array<TokenLogprob> = []
  let ended = false

  const sendCitation = (citation: Citation): void => {
    const annotation = encodeAnnotation(citation, content.text)
    if (annotation === undefined) return
    const json = JSON.stringify(annotation)
    send(
      "response.output_text.annotation.added",
      `${where},"annotation_index":${content.annotations.length},"annotation":${json}`
    )
    content.annotations.push(annotation)
  }
  const takeTokens = (): string => {
    const logprobs = encodeLogprobs(tokens.splice(0))
    for (const logprob of logprobs) content.logprobs.push(logprob)
    return JSON.stringify(logprobs)
  }

  send("response.content_part.added", `${where},"part":${JSON.stringify(partOf(content))}`)
  return {
    item,
    append: (delta) => {
      content.text += delta
      const before = tokens.length === 0 ? beforeDelta : `${where},"logprobs":${takeTokens()},"delta":`
      send("response.output_text.delta", before + JSON.stringify(delta))
    },
    prove: nothing,
    redact: nothing,
    cite: (citation) => {
      if (ended) sendCitation(citation)
      else citations.push(citation)
    },
    tell: (more) => {
      for (const token of more) tokens.push(token)
      if (ended) takeTokens()
    },
    end: () => {
      ended = true
      item.openParts--
      // Tokens that no text has come for.
      if (tokens.length > 0) takeTokens()
      for (const citation of citations) sendCitation(citation)
      const { logprobs, text } = content
      send(
        "response.output_text.done",
        `${where},"logprobs":${JSON.stringify(logprobs)},"text":${JSON.stringify(text)}`
      )
      send("response.content_part.done", `${where},"part":${JSON.stringify(partOf(content))}`)
    }
  }
}

const openRefusal = (item: StreamItem, content: Content, where: string, send: SendEvent): OpenPart => {
  const beforeDelta = `${where},"delta":`
  send("response.content_part.added", `${where},"part":${JSON.stringify(partOf(content))}`)
  return {
    item,
    append: (delta) => {
      content.text += delta
      send("response.refusal.delta", beforeDelta + JSON.stringify(delta))
    },
    prove: nothing,
    redact: nothing,
    cite: nothing,
    tell: nothing,
    end: () => {
      item.openParts--
      send("response.refusal.done", `${where},"refusal":${JSON.stringify(content.text)}`)
      send("response.content_part.done", `${where},"part":${JSON.stringify(partOf(content))}`)
    }
  }
}
