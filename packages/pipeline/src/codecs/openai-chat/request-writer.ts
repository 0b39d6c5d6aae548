import { createHash } from "node:crypto"

import type { TranslationContext } from "../codec.ts"
import { type ModelTraits, traitsOf } from "./model-traits.ts"

/** What all parts of one request for a provider are written with. */
export interface RequestWriter {
  readonly traits: ModelTraits
  /** A tool's name as the provider takes it. What had to be changed is noted in the context. */
  readonly toolName: (name: string) => string
  /** A call's ID as the provider takes it: the same for the call and its result. */
  readonly callId: (id: string) => string
}

/** Source: https://platform.openai.com/docs/api-reference/chat/create, `tools[].function.name`. */
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/
const LONGEST_NAME = 64

/** OpenAI refuses longer IDs of calls ("Expected a string with maximum length 40"). Others do not. */
const LONGEST_ID = 40

/** Source: the API's own error text, "must be a-z, A-Z, 0-9, with a length of 9". */
const MISTRAL_ID = /^[a-zA-Z0-9]{9}$/
const MISTRAL_ID_LENGTH = 9

const digest = (text: string, length: number): string =>
  createHash("sha256").update(text).digest("hex").slice(0, length)

export const makeRequestWriter = ({ upstreamModel, toolNames }: TranslationContext): RequestWriter => {
  const traits = traitsOf(upstreamModel)
  return {
    traits,
    toolName: (name) => {
      if (TOOL_NAME.test(name)) return name
      // The digest keeps two names apart that differ only in what cannot be written.
      const mark = `_${digest(name, 8)}`
      const written = name.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, LONGEST_NAME - mark.length) + mark
      toolNames.set(written, name)
      return written
    },
    callId: (id) => {
      if (traits.mistral) return MISTRAL_ID.test(id) ? id : digest(id, MISTRAL_ID_LENGTH)
      return traits.openai && id.length > LONGEST_ID ? `call_${digest(id, 32)}` : id
    }
  }
}
