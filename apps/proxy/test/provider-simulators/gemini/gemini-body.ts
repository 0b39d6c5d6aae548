import { Schema } from "effect"

/**
 * Bodies of Gemini's `generateContent`, field by field: a field that is not here is refused, as the API does.
 * Source: https://ai.google.dev/api/generate-content and https://ai.google.dev/api/caching#Content
 */
const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(schema)
const between = (minimum: number, maximum: number) =>
  Schema.Number.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))
const positive = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(1)))
const AnyObject = Schema.Record(Schema.String, Schema.Unknown)

const Blob = Schema.Struct({ mimeType: Schema.NonEmptyString, data: Schema.NonEmptyString })
const FunctionResponseBlob = Schema.Struct({
  mimeType: Schema.NonEmptyString,
  data: Schema.NonEmptyString,
  displayName: optional(Schema.String)
})

const Part = Schema.Struct({
  text: optional(Schema.String),
  inlineData: optional(Blob),
  fileData: optional(Schema.Struct({ mimeType: optional(Schema.String), fileUri: Schema.NonEmptyString })),
  functionCall: optional(
    Schema.Struct({ id: optional(Schema.String), name: Schema.NonEmptyString, args: optional(AnyObject) })
  ),
  functionResponse: optional(
    Schema.Struct({
      id: optional(Schema.String),
      name: Schema.NonEmptyString,
      response: AnyObject,
      parts: optional(Schema.Array(Schema.Struct({ inlineData: FunctionResponseBlob }))),
      willContinue: optional(Schema.Boolean),
      scheduling: optional(Schema.String)
    })
  ),
  executableCode: optional(AnyObject),
  codeExecutionResult: optional(AnyObject),
  thought: optional(Schema.Boolean),
  thoughtSignature: optional(Schema.String),
  videoMetadata: optional(AnyObject),
  mediaResolution: optional(AnyObject)
})

const Content = Schema.Struct({
  role: optional(Schema.String),
  parts: Schema.Array(Part)
})

const FunctionDeclaration = Schema.Struct({
  name: Schema.String,
  description: optional(Schema.String),
  behavior: optional(Schema.String),
  /** Checked by `schemaViolations`. */
  parameters: optional(AnyObject),
  parametersJsonSchema: optional(Schema.Unknown),
  response: optional(AnyObject),
  responseJsonSchema: optional(Schema.Unknown)
})
const Tool = Schema.Struct({
  functionDeclarations: optional(Schema.Array(FunctionDeclaration)),
  googleSearch: optional(AnyObject),
  codeExecution: optional(AnyObject),
  urlContext: optional(AnyObject),
  googleMaps: optional(AnyObject),
  computerUse: optional(AnyObject),
  fileSearch: optional(AnyObject)
})

const ToolConfig = Schema.Struct({
  functionCallingConfig: optional(
    Schema.Struct({
      mode: optional(Schema.Literals(["AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED"])),
      allowedFunctionNames: optional(Schema.Array(Schema.String))
    })
  ),
  retrievalConfig: optional(AnyObject)
})

const GenerationConfig = Schema.Struct({
  candidateCount: optional(between(1, 8)),
  enableEnhancedCivicAnswers: optional(Schema.Boolean),
  frequencyPenalty: optional(between(-2, 2)),
  imageConfig: optional(AnyObject),
  logprobs: optional(between(0, 20)),
  maxOutputTokens: optional(positive),
  mediaResolution: optional(Schema.String),
  presencePenalty: optional(between(-2, 2)),
  responseJsonSchema: optional(Schema.Unknown),
  responseLogprobs: optional(Schema.Boolean),
  responseMimeType: optional(Schema.Literals(["text/plain", "application/json", "text/x.enum"])),
  responseModalities: optional(Schema.Array(Schema.String)),
  /** Checked by `schemaViolations`. */
  responseSchema: optional(AnyObject),
  seed: optional(Schema.Int),
  speechConfig: optional(AnyObject),
  stopSequences: optional(Schema.Array(Schema.NonEmptyString).pipe(Schema.check(Schema.isMaxLength(5)))),
  temperature: optional(between(0, 2)),
  thinkingConfig: optional(
    Schema.Struct({
      includeThoughts: optional(Schema.Boolean),
      thinkingBudget: optional(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: -1, maximum: 32_768 })))),
      thinkingLevel: optional(Schema.Literals(["MINIMAL", "LOW", "MEDIUM", "HIGH", "minimal", "low", "medium", "high"]))
    })
  ),
  topK: optional(Schema.Int),
  topP: optional(between(0, 1))
})

/** A body of `POST /v1beta/models/{model}:generateContent` and of `:streamGenerateContent`. */
export const GenerateBody = Schema.Struct({
  contents: Schema.Array(Content),
  systemInstruction: optional(Content),
  tools: optional(Schema.Array(Tool)),
  toolConfig: optional(ToolConfig),
  safetySettings: optional(
    Schema.Array(Schema.Struct({ category: Schema.NonEmptyString, threshold: Schema.NonEmptyString }))
  ),
  generationConfig: optional(GenerationConfig),
  cachedContent: optional(Schema.String)
})
/** See the schema. */
export type GenerateBody = typeof GenerateBody.Type

/** A body of `:countTokens`: contents alone, or all that a request for an answer would hold. */
export const CountBody = Schema.Struct({
  contents: optional(Schema.Array(Content)),
  generateContentRequest: optional(Schema.Struct({ ...GenerateBody.fields, model: Schema.NonEmptyString }))
})
