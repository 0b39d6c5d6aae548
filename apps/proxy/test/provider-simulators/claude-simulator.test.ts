import { startClaudeSimulator } from "./claude-simulator.ts"
import { KEY, png, testStrictness } from "./strictness.ts"

const toolUse = { type: "tool_use", id: "toolu_1", name: "look", input: {} }
const toolResult = { type: "tool_result", tool_use_id: "toolu_1", content: "done" }
const claudeTool = { name: "look", input_schema: { type: "object" } }
const thinking = { type: "enabled", budget_tokens: 1024 }

testStrictness({
  name: "Claude",
  start: startClaudeSimulator,
  path: "/v1/messages",
  headers: { "x-api-key": KEY, "anthropic-version": "2023-06-01" },
  good: {
    model: "claude-sonnet-4-5-simulated",
    max_tokens: 2048,
    tools: [claudeTool],
    messages: [
      { role: "user", content: "Hi" },
      { role: "assistant", content: [toolUse] },
      { role: "user", content: [toolResult, { type: "text", text: "and?" }] }
    ]
  },
  bad: [
    [{ surprise: 1 }, "surprise: Extra inputs are not permitted"],
    [{ max_tokens: undefined }, "max_tokens"],
    [{ messages: [{ role: "system", content: "x" }] }, "messages.0"],
    [{ messages: [{ role: "assistant", content: "x" }] }, 'first message must use the "user" role'],
    [{ messages: [{ role: "user", content: [{ type: "text", text: "" }] }] }, "text content blocks must be non-empty"],
    [{ messages: [{ role: "user", content: "" }] }, "must have non-empty content"],
    [
      {
        messages: [
          { role: "user", content: "x" },
          { role: "assistant", content: [toolUse] }
        ]
      },
      "without `tool_result` blocks immediately after: toolu_1"
    ],
    [
      {
        messages: [
          { role: "user", content: "x" },
          { role: "assistant", content: [toolUse] },
          { role: "user", content: [{ type: "text", text: "first" }, toolResult] }
        ]
      },
      "without `tool_result` blocks immediately after: toolu_1"
    ],
    [{ messages: [{ role: "user", content: [toolResult] }] }, "unexpected `tool_use_id`"],
    [
      {
        messages: [
          { role: "user", content: "x" },
          { role: "assistant", content: [{ ...toolUse, id: "call.1" }] },
          { role: "user", content: [{ ...toolResult, tool_use_id: "call.1" }] }
        ]
      },
      "messages.1"
    ],
    [
      {
        messages: [
          { role: "user", content: "x" },
          { role: "assistant", content: [toolUse, toolUse] },
          { role: "user", content: [toolResult] }
        ]
      },
      "`tool_use` ids must be unique"
    ],
    [
      {
        messages: [
          { role: "user", content: "x" },
          { role: "assistant", content: [{ type: "thinking", thinking: "hm", signature: "c2ln" }] }
        ]
      },
      "Invalid `signature` in `thinking` block"
    ],
    [
      { thinking: { type: "enabled", budget_tokens: 512 }, messages: [{ role: "user", content: "x" }] },
      "budget_tokens"
    ],
    [
      { thinking: { type: "enabled", budget_tokens: 4096 }, messages: [{ role: "user", content: "x" }] },
      "`max_tokens` must be greater than `thinking.budget_tokens`"
    ],
    [{ thinking, temperature: 0.5, messages: [{ role: "user", content: "x" }] }, "`temperature` may only be set to 1"],
    [{ thinking, tool_choice: { type: "any" }, messages: [{ role: "user", content: "x" }] }, "forces tool use"],
    [{ thinking }, "Expected `thinking` or `redacted_thinking`, but found `tool_use`"],
    [
      {
        messages: [
          {
            role: "user",
            content: [{ type: "image", source: { type: "base64", media_type: "image/jpeg", data: png } }]
          }
        ]
      },
      "the data is image/png, not image/jpeg"
    ],
    [{ tools: [{ name: "look", input_schema: { properties: {} } }] }, "input_schema.type"],
    [{ tools: [claudeTool, claudeTool] }, "Tool names must be unique"],
    [{ tools: undefined, tool_choice: { type: "auto" } }, "while providing tools"],
    [{ stop_sequences: [" "] }, "each stop sequence must contain non-whitespace"],
    [{ temperature: 0.5, top_p: 0.5 }, "cannot both be specified"],
    [{ context_management: { edits: [] } }, "context_management: Extra inputs are not permitted"],
    [{ thinking: { type: "adaptive" } }, "adaptive thinking is not supported on this model"],
    [
      { model: "claude-opus-4-7-simulated", thinking, messages: [{ role: "user", content: "x" }] },
      '"thinking.type.enabled" is not supported for this model'
    ],
    [{ model: "claude-opus-4-7-simulated", temperature: 0.5 }, "`temperature` is deprecated for this model"],
    [
      {
        model: "claude-opus-4-7-simulated",
        messages: [
          { role: "user", content: "x" },
          { role: "assistant", content: "y" }
        ]
      },
      "This model does not support assistant message prefill"
    ]
  ]
})
