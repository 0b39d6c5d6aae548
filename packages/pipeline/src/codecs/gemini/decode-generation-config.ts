import type { JsonObject } from "../../canonical/json.ts"
import type { CanonicalRequest, ResponseFormat } from "../../canonical/request.ts"
import { needFlag, needList, needObject, needText, optional, otherFields } from "../json-fields.ts"
import { jsonSchemaOf } from "./google-schema.ts"
import { decodeThinking } from "./thinking.ts"
import { needWireNumber, wireField } from "./wire-fields.ts"

const KNOWN: ReadonlySet<string> = new Set(
  `maxOutputTokens max_output_tokens temperature topP top_p topK top_k seed presencePenalty presence_penalty
  frequencyPenalty frequency_penalty stopSequences stop_sequences candidateCount candidate_count thinkingConfig
  thinking_config responseMimeType response_mime_type responseSchema response_schema responseJsonSchema
  response_json_schema responseLogprobs response_logprobs logprobs`.split(/\s+/)
)

type Settings = Pick<
  CanonicalRequest,
  "maxTokens" | "sampling" | "stop" | "choices" | "responseFormat" | "reasoning" | "logprobs"
> & {
  /** What only Google knows, by the names that it came with. */
  readonly others: JsonObject | undefined
}

const PATH = "generationConfig"

/** Reads `generationConfig`. Source: https://ai.google.dev/api/generate-content#GenerationConfig */
export const decodeGenerationConfig = (config: JsonObject): Settings => {
  const number = (name: string, protoName: string): number | undefined =>
    optional(needWireNumber, wireField(config, name, protoName), `${PATH}.${name}`)
  const stop = optional(needList, wireField(config, "stopSequences", "stop_sequences"), `${PATH}.stopSequences`)
  const thinking = wireField(config, "thinkingConfig", "thinking_config")
  const thinkingConfig = optional(needObject, thinking, `${PATH}.thinkingConfig`)
  const hasLogprobs = optional(
    needFlag,
    wireField(config, "responseLogprobs", "response_logprobs"),
    `${PATH}.responseLogprobs`
  )
  const { format, kept } = decodeFormat(config)
  const others = otherFields(config, KNOWN)
  return {
    maxTokens: number("maxOutputTokens", "max_output_tokens"),
    sampling: {
      temperature: number("temperature", "temperature"),
      topP: number("topP", "top_p"),
      topK: number("topK", "top_k"),
      seed: number("seed", "seed"),
      presencePenalty: number("presencePenalty", "presence_penalty"),
      frequencyPenalty: number("frequencyPenalty", "frequency_penalty")
    },
    stop: (stop ?? []).map((text, index) => needText(text, `${PATH}.stopSequences[${index}]`)),
    choices: number("candidateCount", "candidate_count"),
    responseFormat: format,
    reasoning: thinkingConfig && decodeThinking(thinkingConfig, `${PATH}.thinkingConfig`),
    logprobs: hasLogprobs === true ? { top: number("logprobs", "logprobs") } : undefined,
    others: kept === undefined ? others : { ...others, ...kept }
  }
}

interface Format {
  readonly format: ResponseFormat | undefined
  /** A form of answer that other protocols do not have, such as `text/x.enum`. */
  readonly kept: JsonObject | undefined
}

const decodeFormat = (config: JsonObject): Format => {
  const mimeType = optional(
    needText,
    wireField(config, "responseMimeType", "response_mime_type"),
    `${PATH}.responseMimeType`
  )
  const given = wireField(config, "responseJsonSchema", "response_json_schema")
  const jsonSchema = optional(needObject, given, `${PATH}.responseJsonSchema`)
  const googleSchema = optional(
    needObject,
    wireField(config, "responseSchema", "response_schema"),
    `${PATH}.responseSchema`
  )
  if (mimeType !== undefined && mimeType !== "application/json") {
    if (mimeType === "text/plain") return { format: { type: "text" }, kept: undefined }
    return { format: undefined, kept: { responseMimeType: mimeType, responseSchema: googleSchema } }
  }
  const schema = jsonSchema ?? (googleSchema && jsonSchemaOf(googleSchema))
  if (schema !== undefined) return { format: { type: "json_schema", schema }, kept: undefined }
  return { format: mimeType === undefined ? undefined : { type: "json" }, kept: undefined }
}
