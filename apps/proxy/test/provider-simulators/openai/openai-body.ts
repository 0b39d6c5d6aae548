import { Schema } from "effect"

/**
 * Bodies of OpenAI's chat completions, field by field: a field that is not here is refused, as the API does.
 * Source: https://platform.openai.com/docs/api-reference/chat/create
 */
const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(schema)
const nullable = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
const between = (minimum: number, maximum: number) =>
  Schema.Number.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))
const positive = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(1)))
const AnyObject = Schema.Record(Schema.String, Schema.Unknown)
const ToolName = Schema.String.pipe(Schema.check(Schema.isPattern(/^[a-zA-Z0-9_-]{1,64}$/)))
const CallId = Schema.NonEmptyString.pipe(Schema.check(Schema.isMaxLength(40)))

const TextPart = Schema.Struct({ type: Schema.Literal("text"), text: Schema.String })
const RefusalPart = Schema.Struct({ type: Schema.Literal("refusal"), refusal: Schema.String })
const ImagePart = Schema.Struct({
  type: Schema.Literal("image_url"),
  image_url: Schema.Struct({
    url: Schema.NonEmptyString,
    detail: optional(Schema.Literals(["auto", "low", "high", "original"]))
  })
})
const AudioPart = Schema.Struct({
  type: Schema.Literal("input_audio"),
  input_audio: Schema.Struct({ data: Schema.NonEmptyString, format: Schema.Literals(["wav", "mp3"]) })
})
const FilePart = Schema.Struct({
  type: Schema.Literal("file"),
  file: Schema.Struct({
    file_data: optional(Schema.NonEmptyString),
    file_id: optional(Schema.NonEmptyString),
    filename: optional(Schema.NonEmptyString)
  })
})

const contentOf = <S extends Schema.Constraint>(part: S) => Schema.Union([Schema.String, Schema.NonEmptyArray(part)])
const name = optional(Schema.NonEmptyString)

// One struct per word: a union of structs is told apart, and its errors told, by fields of one literal.
const SystemMessage = Schema.Struct({ role: Schema.Literal("system"), content: contentOf(TextPart), name })
const DeveloperMessage = Schema.Struct({ role: Schema.Literal("developer"), content: contentOf(TextPart), name })
const UserMessage = Schema.Struct({
  role: Schema.Literal("user"),
  content: contentOf(Schema.Union([TextPart, ImagePart, AudioPart, FilePart])),
  name
})
const ToolCall = Schema.Struct({
  id: CallId,
  type: Schema.Literal("function"),
  function: Schema.Struct({ name: ToolName, arguments: Schema.String })
})
const AssistantMessage = Schema.Struct({
  role: Schema.Literal("assistant"),
  content: nullable(contentOf(Schema.Union([TextPart, RefusalPart]))),
  refusal: nullable(Schema.String),
  /** Of providers that show their thoughts; OpenAI does not know it. */
  reasoning_content: nullable(Schema.String),
  /** Clients send back what they got, with the fields of answers that mean nothing in a question. */
  annotations: nullable(Schema.Array(AnyObject)),
  audio: nullable(AnyObject),
  name,
  tool_calls: optional(Schema.NonEmptyArray(ToolCall))
})
const ToolMessage = Schema.Struct({
  role: Schema.Literal("tool"),
  content: contentOf(TextPart),
  tool_call_id: CallId
})

const FunctionTool = Schema.Struct({
  type: Schema.Literal("function"),
  function: Schema.Struct({
    name: ToolName,
    description: optional(Schema.String),
    parameters: optional(AnyObject),
    strict: nullable(Schema.Boolean)
  })
})

const NamedFunction = Schema.Struct({
  type: Schema.Literal("function"),
  function: Schema.Struct({ name: ToolName })
})
const ToolChoice = Schema.Union([
  Schema.Literals(["none", "auto", "required"]),
  NamedFunction,
  Schema.Struct({
    type: Schema.Literal("allowed_tools"),
    allowed_tools: Schema.Struct({
      mode: Schema.Literals(["auto", "required"]),
      tools: Schema.NonEmptyArray(NamedFunction)
    })
  })
])

const ResponseFormat = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text") }),
  Schema.Struct({ type: Schema.Literal("json_object") }),
  Schema.Struct({
    type: Schema.Literal("json_schema"),
    json_schema: Schema.Struct({
      name: ToolName,
      description: optional(Schema.String),
      schema: optional(AnyObject),
      strict: nullable(Schema.Boolean)
    })
  })
])

/** A body of `POST /v1/chat/completions`. */
export const ChatBody = Schema.Struct({
  model: Schema.NonEmptyString,
  messages: Schema.NonEmptyArray(
    Schema.Union([SystemMessage, DeveloperMessage, UserMessage, AssistantMessage, ToolMessage])
  ),
  audio: nullable(AnyObject),
  frequency_penalty: nullable(between(-2, 2)),
  logit_bias: nullable(Schema.Record(Schema.String, Schema.Number)),
  logprobs: nullable(Schema.Boolean),
  max_completion_tokens: nullable(positive),
  max_tokens: nullable(positive),
  metadata: nullable(Schema.Record(Schema.String, Schema.String)),
  modalities: nullable(Schema.Array(Schema.Literals(["text", "audio"]))),
  n: nullable(positive),
  parallel_tool_calls: optional(Schema.Boolean),
  prediction: nullable(AnyObject),
  presence_penalty: nullable(between(-2, 2)),
  prompt_cache_key: nullable(Schema.String),
  prompt_cache_options: optional(AnyObject),
  prompt_cache_retention: nullable(Schema.Literals(["in_memory", "24h"])),
  reasoning_effort: nullable(Schema.Literals(["none", "minimal", "low", "medium", "high", "xhigh", "max"])),
  response_format: optional(ResponseFormat),
  safety_identifier: nullable(Schema.String),
  seed: nullable(Schema.Int),
  service_tier: nullable(Schema.Literals(["auto", "default", "flex", "scale", "priority", "fast"])),
  stop: nullable(Schema.Union([Schema.NonEmptyString, Schema.NonEmptyArray(Schema.NonEmptyString)])),
  store: nullable(Schema.Boolean),
  stream: nullable(Schema.Boolean),
  stream_options: nullable(
    Schema.Struct({ include_usage: optional(Schema.Boolean), include_obfuscation: optional(Schema.Boolean) })
  ),
  temperature: nullable(between(0, 2)),
  tool_choice: optional(ToolChoice),
  tools: optional(Schema.NonEmptyArray(FunctionTool).pipe(Schema.check(Schema.isMaxLength(128)))),
  top_logprobs: nullable(between(0, 20)),
  top_p: nullable(between(0, 1)),
  user: optional(Schema.String),
  verbosity: nullable(Schema.Literals(["low", "medium", "high"])),
  web_search_options: optional(AnyObject)
})
/** See the schema. */
export type ChatBody = typeof ChatBody.Type

/** A body of `POST /v1/embeddings`. Source: https://platform.openai.com/docs/api-reference/embeddings/create */
export const EmbeddingsBody = Schema.Struct({
  model: Schema.NonEmptyString,
  input: Schema.Union([
    Schema.NonEmptyString,
    Schema.NonEmptyArray(Schema.NonEmptyString),
    Schema.NonEmptyArray(Schema.Int),
    Schema.NonEmptyArray(Schema.NonEmptyArray(Schema.Int))
  ]),
  dimensions: optional(positive),
  encoding_format: optional(Schema.Literals(["float", "base64"])),
  user: optional(Schema.String)
})
