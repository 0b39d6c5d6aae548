import { Schema } from "effect"

/**
 * Bodies of Claude's Messages API, field by field: a field that is not here is refused, as the API does.
 * Source: https://docs.claude.com/en/api/messages
 */
const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(schema)
const nullable = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
const fraction = Schema.Number.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 1 })))
const AnyObject = Schema.Record(Schema.String, Schema.Unknown)
const ToolName = Schema.String.pipe(Schema.check(Schema.isPattern(/^[a-zA-Z0-9_-]{1,128}$/)))
const ToolUseId = Schema.String.pipe(Schema.check(Schema.isPattern(/^[a-zA-Z0-9_-]+$/)))

const cache_control = nullable(
  Schema.Struct({ type: Schema.Literal("ephemeral"), ttl: optional(Schema.Literals(["5m", "1h"])) })
)

const TextBlock = Schema.Struct({
  type: Schema.Literal("text"),
  text: Schema.String,
  cache_control,
  citations: nullable(Schema.Array(AnyObject))
})
const ImageBlock = Schema.Struct({
  type: Schema.Literal("image"),
  source: Schema.Union([
    Schema.Struct({
      type: Schema.Literal("base64"),
      media_type: Schema.Literals(["image/jpeg", "image/png", "image/gif", "image/webp"]),
      data: Schema.String
    }),
    Schema.Struct({ type: Schema.Literal("url"), url: Schema.NonEmptyString }),
    Schema.Struct({ type: Schema.Literal("file"), file_id: Schema.NonEmptyString })
  ]),
  cache_control
})
const DocumentBlock = Schema.Struct({
  type: Schema.Literal("document"),
  source: Schema.Union([
    Schema.Struct({
      type: Schema.Literal("base64"),
      media_type: Schema.Literal("application/pdf"),
      data: Schema.NonEmptyString
    }),
    Schema.Struct({ type: Schema.Literal("text"), media_type: Schema.Literal("text/plain"), data: Schema.String }),
    Schema.Struct({ type: Schema.Literal("url"), url: Schema.NonEmptyString }),
    Schema.Struct({ type: Schema.Literal("file"), file_id: Schema.NonEmptyString })
  ]),
  title: nullable(Schema.NonEmptyString),
  context: nullable(Schema.NonEmptyString),
  citations: nullable(Schema.Struct({ enabled: Schema.Boolean })),
  cache_control
})
const ToolUseBlock = Schema.Struct({
  type: Schema.Literal("tool_use"),
  id: ToolUseId,
  name: ToolName,
  input: AnyObject,
  cache_control,
  caller: optional(AnyObject)
})
const ToolResultBlock = Schema.Struct({
  type: Schema.Literal("tool_result"),
  tool_use_id: ToolUseId,
  content: optional(Schema.Union([Schema.String, Schema.Array(Schema.Union([TextBlock, ImageBlock, DocumentBlock]))])),
  is_error: optional(Schema.Boolean),
  cache_control
})
const ThinkingBlock = Schema.Struct({
  type: Schema.Literal("thinking"),
  thinking: Schema.String,
  signature: Schema.String
})
const RedactedThinkingBlock = Schema.Struct({ type: Schema.Literal("redacted_thinking"), data: Schema.String })

const UserMessage = Schema.Struct({
  role: Schema.Literal("user"),
  content: Schema.Union([
    Schema.String,
    Schema.Array(Schema.Union([TextBlock, ImageBlock, DocumentBlock, ToolResultBlock]))
  ])
})
const AssistantMessage = Schema.Struct({
  role: Schema.Literal("assistant"),
  content: Schema.Union([
    Schema.String,
    Schema.Array(Schema.Union([TextBlock, ToolUseBlock, ThinkingBlock, RedactedThinkingBlock]))
  ])
})

const Tool = Schema.Struct({
  name: ToolName,
  type: nullable(Schema.Literal("custom")),
  description: optional(Schema.String),
  input_schema: Schema.Record(Schema.String, Schema.Unknown).pipe(
    Schema.check(
      Schema.makeFilter((schema) => schema["type"] === "object" || "input_schema.type: Input should be 'object'")
    )
  ),
  strict: optional(Schema.Boolean),
  cache_control,
  eager_input_streaming: nullable(Schema.Boolean),
  defer_loading: optional(Schema.Boolean),
  input_examples: optional(Schema.Array(AnyObject)),
  allowed_callers: optional(Schema.Array(Schema.String))
})

/** A tool that the API runs itself. Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool */
const WebSearchTool = Schema.Struct({
  type: Schema.Literal("web_search_20250305"),
  name: Schema.Literal("web_search"),
  max_uses: nullable(Schema.Int),
  allowed_domains: nullable(Schema.Array(Schema.String)),
  blocked_domains: nullable(Schema.Array(Schema.String)),
  cache_control
})

const display = nullable(Schema.Literals(["summarized", "omitted"]))
const Thinking = Schema.Union([
  Schema.Struct({
    type: Schema.Literal("enabled"),
    budget_tokens: Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(1024))),
    display
  }),
  Schema.Struct({ type: Schema.Literal("adaptive"), display }),
  Schema.Struct({ type: Schema.Literal("disabled") })
])

const disable_parallel_tool_use = optional(Schema.Boolean)
const ToolChoice = Schema.Union([
  Schema.Struct({ type: Schema.Literal("auto"), disable_parallel_tool_use }),
  Schema.Struct({ type: Schema.Literal("any"), disable_parallel_tool_use }),
  Schema.Struct({ type: Schema.Literal("tool"), name: ToolName, disable_parallel_tool_use }),
  Schema.Struct({ type: Schema.Literal("none") })
])

/** Fields that a request for an answer and one for a count have in common. */
const prompt = {
  model: Schema.NonEmptyString,
  messages: Schema.NonEmptyArray(Schema.Union([UserMessage, AssistantMessage])),
  system: optional(Schema.Union([Schema.String, Schema.Array(TextBlock)])),
  tools: optional(Schema.Array(Schema.Union([WebSearchTool, Tool]))),
  tool_choice: optional(ToolChoice),
  thinking: optional(Thinking),
  output_config: optional(
    Schema.Struct({
      effort: nullable(Schema.Literals(["low", "medium", "high", "xhigh", "max"])),
      format: nullable(Schema.Struct({ type: Schema.Literal("json_schema"), schema: AnyObject }))
    })
  ),
  /** With a beta header only. Source: https://platform.claude.com/docs/en/build-with-claude/context-editing */
  context_management: nullable(AnyObject),
  cache_control
}

/** A body of `POST /v1/messages`. */
export const MessagesBody = Schema.Struct({
  ...prompt,
  max_tokens: Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(1))),
  container: nullable(Schema.Unknown),
  inference_geo: nullable(Schema.String),
  metadata: optional(Schema.Struct({ user_id: nullable(Schema.String.pipe(Schema.check(Schema.isMaxLength(256)))) })),
  service_tier: optional(Schema.Literals(["auto", "standard_only"])),
  stop_sequences: optional(Schema.Array(Schema.String)),
  stream: optional(Schema.Boolean),
  temperature: optional(fraction),
  top_k: optional(Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))),
  top_p: optional(fraction)
})
/** See the schema. */
export type MessagesBody = typeof MessagesBody.Type

/** A body of `POST /v1/messages/count_tokens`. Source: https://docs.claude.com/en/api/messages-count-tokens */
export const CountTokensBody = Schema.Struct(prompt)
/** See the schema. */
export type CountTokensBody = typeof CountTokensBody.Type
