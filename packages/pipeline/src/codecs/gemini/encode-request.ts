import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { CanonicalRequest } from "../../canonical/request.ts"
import type { TranslationContext } from "../codec.ts"
import { isObject } from "../json-fields.ts"
import { encodeContents } from "./encode-contents.ts"
import { encodeGenerationConfig, formatInWords } from "./encode-generation-config.ts"
import { encodeToolConfig, encodeTools, hasFunctions } from "./encode-tools.ts"
import { modelFeatures } from "./model-features.ts"
import { makeToolNames } from "./tool-names.ts"

/**
 * The body of `generateContent` and `streamGenerateContent`. There is no place in it for the end user, for cache marks
 * and for a ban on parallel calls. Source: https://ai.google.dev/api/generate-content
 */
export const encodeRequest = (request: CanonicalRequest, context: TranslationContext): JsonObject => {
  const model = context.upstreamModel
  const features = modelFeatures(model)
  const writeName = makeToolNames(functionNames(request), context.toolNames)
  const {
    generationConfig: keptConfig,
    toolConfig: keptTools,
    ...kept
  } = extensionsFor("gemini", request.extensions) ?? {}
  const { contents, system } = encodeContents(request.messages, writeName, features)
  const words = formatInWords(request, features)
  const instruction = words === undefined ? system : [...system, { text: words }]
  const tools = encodeTools(request.tools, writeName)
  const keptToolConfig = isObject(keptTools) ? keptTools : undefined
  const toolConfig = hasFunctions(request.tools)
    ? encodeToolConfig(request.toolChoice, writeName, keptToolConfig)
    : keptToolConfig
  const generationConfig = encodeGenerationConfig(
    request,
    model,
    features,
    isObject(keptConfig) ? keptConfig : undefined
  )
  return {
    ...kept,
    ...(instruction.length > 0 && { systemInstruction: { parts: instruction } }),
    contents,
    ...(tools && { tools }),
    ...(toolConfig && { toolConfig }),
    ...(generationConfig && { generationConfig })
  }
}

function* functionNames(request: CanonicalRequest): Generator<string> {
  for (const tool of request.tools) if (tool.type === "function") yield tool.name
}

/**
 * The body of `countTokens`. Only a whole `generateContentRequest` counts instructions and tools too. Source:
 * https://ai.google.dev/api/tokens#method:-models.counttokens
 */
export const encodeCountRequest = (request: CanonicalRequest, context: TranslationContext): JsonObject => {
  const { generationConfig: _config, ...counted } = encodeRequest(request, context)
  const model = context.upstreamModel
  return { generateContentRequest: { model: model.includes("/") ? model : `models/${model}`, ...counted } }
}
