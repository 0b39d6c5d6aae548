import { startOpenAISimulator } from "./openai-simulator.ts"
import { KEY, png, testStrictness } from "./strictness.ts"

const openAICall = { id: "call_1", type: "function", function: { name: "look", arguments: "{}" } }
const openAITool = { type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } }

testStrictness({
  name: "OpenAI",
  start: startOpenAISimulator,
  path: "/v1/chat/completions",
  headers: { authorization: `Bearer ${KEY}` },
  good: {
    model: "gpt-4.1-simulated",
    tools: [openAITool],
    messages: [
      { role: "user", content: [{ type: "text", text: "Hi" }] },
      { role: "assistant", content: null, tool_calls: [openAICall] },
      { role: "tool", tool_call_id: "call_1", content: "done" }
    ]
  },
  bad: [
    [{ surprise: 1 }, "Unknown parameter: 'surprise'."],
    [{ messages: [] }, "Invalid 'messages"],
    [
      { messages: [{ role: "assistant", content: "", tool_calls: [openAICall] }] },
      "did not have response messages: call_1"
    ],
    [
      { messages: [{ role: "tool", tool_call_id: "call_1", content: "x" }] },
      "must be a response to a preceeding message"
    ],
    [
      {
        messages: [
          { role: "assistant", content: "", tool_calls: [openAICall] },
          { role: "user", content: "no" },
          { role: "tool", tool_call_id: "call_1", content: "x" }
        ]
      },
      "must be followed by tool messages"
    ],
    [
      { messages: [{ role: "assistant", tool_calls: [{ ...openAICall, function: { name: "look", arguments: {} } }] }] },
      "arguments"
    ],
    [
      { messages: [{ role: "assistant", content: "x", tool_calls: [{ ...openAICall, id: "c".repeat(41) }] }] },
      "Invalid 'messages[0]"
    ],
    [{ messages: [{ role: "assistant", content: null }] }, "expected a string, got null"],
    [{ messages: [{ role: "assistant", content: "x", reasoning_content: "hm" }] }, "reasoning_content"],
    [
      {
        messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }]
      },
      "Invalid image URL"
    ],
    [
      {
        messages: [
          { role: "assistant", content: "", tool_calls: [openAICall] },
          {
            role: "tool",
            tool_call_id: "call_1",
            content: [{ type: "image_url", image_url: { url: `data:image/png;base64,${png}` } }]
          }
        ]
      },
      "messages[1].content"
    ],
    [{ tools: undefined, tool_choice: "auto" }, "'tool_choice' is only allowed when 'tools' are specified"],
    [{ tools: [] }, "Invalid 'tools"],
    [{ tools: [{ type: "function", function: { name: "a b" } }] }, "Invalid 'tools[0]"],
    [{ tools: [{ type: "function", function: { name: "look", parameters: {} } }] }, 'type: "object"'],
    [{ tool_choice: { type: "function", function: { name: "other" } } }, "not found in 'tools'"],
    [{ stream_options: { include_usage: true } }, "only allowed when 'stream' is enabled"],
    [{ response_format: { type: "json_object" } }, "must contain the word 'json'"],
    [{ response_format: { type: "json_schema", json_schema: { schema: {} } } }, "Invalid 'response_format"],
    [{ reasoning_effort: "lots" }, "reasoning_effort"],
    [{ max_tokens: 1.5 }, "max_tokens"],
    [{ stop: ["a", "b", "c", "d", "e"] }, "Expected an array with maximum length 4."],
    [{ model: "gpt-5.2-simulated", max_tokens: 5 }, "Use 'max_completion_tokens' instead."],
    [{ model: "gpt-5.2-simulated", reasoning_effort: "high", temperature: 0.5 }, "'temperature' is not supported"]
  ]
})
