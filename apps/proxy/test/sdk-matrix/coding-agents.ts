import { thinkingSignature } from "../provider-simulators/claude/claude-thinking.ts"
import type { JsonObject } from "../provider-simulators/scenario.ts"
import type { ClientProtocol } from "./client.ts"
import { squarePng } from "./png.ts"

/** A request of the kind that coding agents on the command line send in the middle of their work. */
export interface AgentRequest {
  readonly name: string
  readonly protocol: ClientProtocol
  readonly path: (model: string) => string
  readonly headers: (apiKey: string) => Readonly<Record<string, string>>
  readonly body: (model: string) => JsonObject
  /** How its stream ends when all is well. */
  readonly lastWord: RegExp
}

/** What the first command of each of them printed: a path outside of ASCII, a control sequence. */
export const LISTING = "README.md\nsrc/käse.ts\n\u001b[32mok\u001b[0m"
/** What the second one showed. */
export const SCREENSHOT = squarePng(12, [0, 200, 0])

const commandSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  type: "object",
  properties: {
    command: { type: "string", description: "The command to execute" },
    timeout: { type: "number", minimum: 0, description: "Milliseconds" },
    background: { type: "boolean", default: false }
  },
  required: ["command"],
  additionalProperties: false
}

const todoSchema = {
  type: "object",
  properties: {
    todos: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        properties: {
          content: { type: "string", minLength: 1 },
          status: { type: "string", enum: ["pending", "in_progress", "completed"] },
          due: { anyOf: [{ type: "string", format: "date-time" }, { type: "null" }] }
        },
        required: ["content", "status"],
        additionalProperties: false
      }
    }
  },
  required: ["todos"],
  additionalProperties: false
}

/** Over the Messages API: beta features, cache marks, reminders beside the text, thought that comes back signed. */
const messagesAgent: AgentRequest = {
  name: "an agent that speaks Claude Messages",
  protocol: "claude",
  path: () => "/v1/messages?beta=true",
  headers: (apiKey) => ({
    "x-api-key": apiKey,
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "interleaved-thinking-2025-05-14,context-management-2025-06-27"
  }),
  body: (model) => ({
    model,
    max_tokens: 32_000,
    stream: true,
    thinking: { type: "enabled", budget_tokens: 10_000 },
    context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
    metadata: { user_id: "user_0123456789abcdef_account__session_0a1b2c" },
    system: [
      { type: "text", text: "You are an agent.", cache_control: { type: "ephemeral" } },
      { type: "text", text: "Working directory: /home/zoë", cache_control: { type: "ephemeral", ttl: "1h" } }
    ],
    tools: [
      { name: "Bash", description: "Runs a command.", input_schema: commandSchema },
      { name: "TodoWrite", description: "Keeps a list.", input_schema: todoSchema },
      { type: "web_search_20250305", name: "web_search", max_uses: 8 }
    ],
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "<system-reminder>\nNothing to remember.\n</system-reminder>" },
          { type: "text", text: "What is in this folder?" }
        ]
      },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "I should look.", signature: thinkingSignature("I should look.") },
          { type: "text", text: "I look." },
          { type: "tool_use", id: "toolu_01A", name: "Bash", input: { command: "ls" } },
          { type: "tool_use", id: "toolu_01B", name: "Bash", input: { command: "screenshot", timeout: 5 } }
        ]
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_01A", content: LISTING, is_error: false },
          {
            type: "tool_result",
            tool_use_id: "toolu_01B",
            content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: SCREENSHOT } }],
            cache_control: { type: "ephemeral" }
          },
          { type: "text", text: "<system-reminder>\nThe list is empty.\n</system-reminder>" }
        ]
      }
    ]
  }),
  lastWord: /event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/
}

/** Over the Responses API: items without IDs, a tool with a grammar, a reasoning item that nobody can read. */
const responsesAgent: AgentRequest = {
  name: "an agent that speaks OpenAI Responses",
  protocol: "openai-response",
  path: () => "/v1/responses",
  headers: (apiKey) => ({ authorization: `Bearer ${apiKey}`, accept: "text/event-stream" }),
  body: (model) => ({
    model,
    instructions: "You are an agent.",
    stream: true,
    store: false,
    parallel_tool_calls: true,
    tool_choice: "auto",
    reasoning: { effort: "medium", summary: "auto" },
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: "0199f0a0-0000-7000-8000-000000000000",
    text: { verbosity: "medium" },
    tools: [
      { type: "function", name: "shell", description: "Runs a command.", strict: false, parameters: commandSchema },
      {
        type: "custom",
        name: "apply_patch",
        description: "Changes files.",
        format: { type: "grammar", syntax: "lark", definition: 'start: "*** Begin Patch" LF' }
      },
      { type: "web_search" }
    ],
    input: [
      { type: "message", role: "developer", content: [{ type: "input_text", text: "Ask before you delete." }] },
      {
        type: "message",
        role: "user",
        content: [{ type: "input_text", text: "<environment>/home/zoë</environment>" }]
      },
      { type: "message", role: "user", content: [{ type: "input_text", text: "What is in this folder?" }] },
      { type: "reasoning", summary: [{ type: "summary_text", text: "I should look." }], encrypted_content: null },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "I look." }] },
      { type: "function_call", call_id: "call_A", name: "shell", arguments: '{"command":"ls"}' },
      { type: "function_call", call_id: "call_B", name: "shell", arguments: '{"command":"screenshot","timeout":5}' },
      {
        type: "function_call_output",
        call_id: "call_B",
        output: [{ type: "input_image", image_url: `data:image/png;base64,${SCREENSHOT}`, detail: "auto" }]
      },
      { type: "function_call_output", call_id: "call_A", output: LISTING },
      { type: "custom_tool_call", call_id: "call_C", name: "apply_patch", input: "*** Begin Patch\n*** End Patch" },
      { type: "custom_tool_call_output", call_id: "call_C", output: "Done!" }
    ]
  }),
  lastWord: /event: response\.completed\ndata: \{.*\}\n\n$/
}

/** Over Gemini's API: two turns of the user in a row, calls with IDs, a history in pieces. */
const geminiAgent: AgentRequest = {
  name: "an agent that speaks Gemini",
  protocol: "gemini",
  path: (model) => `/v1beta/models/${model}:streamGenerateContent?alt=sse`,
  headers: (apiKey) => ({ "x-goog-api-key": apiKey }),
  body: () => ({
    systemInstruction: { role: "user", parts: [{ text: "You are an agent." }] },
    generationConfig: {
      temperature: 1,
      topP: 0.95,
      topK: 64,
      thinkingConfig: { includeThoughts: true, thinkingBudget: 8192 }
    },
    tools: [
      {
        functionDeclarations: [
          { name: "run_shell_command", description: "Runs a command.", parametersJsonSchema: commandSchema },
          { name: "write_todos", description: "Keeps a list.", parametersJsonSchema: todoSchema },
          {
            name: "list_directory",
            description: "Lists files.",
            parameters: { type: "OBJECT", properties: { path: { type: "STRING" } }, required: ["path"] }
          }
        ]
      }
    ],
    contents: [
      { role: "user", parts: [{ text: "<environment>/home/zoë</environment>" }] },
      { role: "user", parts: [{ text: "What is in this folder?" }] },
      { role: "model", parts: [{ text: "I should look.", thought: true }] },
      { role: "model", parts: [{ text: "I " }] },
      { role: "model", parts: [{ text: "look." }] },
      {
        role: "model",
        parts: [
          {
            functionCall: { id: "run_shell_command-1", name: "run_shell_command", args: { command: "ls" } },
            thoughtSignature: "skip_thought_signature_validator"
          },
          {
            functionCall: {
              id: "run_shell_command-2",
              name: "run_shell_command",
              args: { command: "screenshot", timeout: 5 }
            }
          }
        ]
      },
      {
        role: "user",
        parts: [
          {
            functionResponse: { id: "run_shell_command-1", name: "run_shell_command", response: { output: LISTING } }
          },
          {
            functionResponse: {
              id: "run_shell_command-2",
              name: "run_shell_command",
              response: {},
              parts: [{ inlineData: { mimeType: "image/png", data: SCREENSHOT } }]
            }
          }
        ]
      }
    ]
  }),
  lastWord: /"finishReason":"STOP".*\}\s*$/s
}

/**
 * Over the Messages API, to a model whose name it does not know, and so takes for the newest: instructions between the
 * messages, thinking without a budget, an effort.
 */
const newestMessagesAgent: AgentRequest = {
  ...messagesAgent,
  name: "an agent that takes a Claude model for the newest there is",
  headers: (apiKey) => ({
    "x-api-key": apiKey,
    "anthropic-version": "2023-06-01",
    "anthropic-beta":
      "interleaved-thinking-2025-05-14,context-management-2025-06-27,mid-conversation-system-2026-04-07,effort-2025-11-24"
  }),
  body: (model) => {
    const { messages, ...body } = messagesAgent.body(model)
    const [question, ...answers] = Array.isArray(messages) ? messages : []
    return {
      ...body,
      thinking: { type: "adaptive" },
      output_config: { effort: "high" },
      messages: [question, { role: "system", content: "The date is 2026-11-22." }, ...answers]
    }
  }
}

/** All of them. */
export const codingAgents: ReadonlyArray<AgentRequest> = [
  messagesAgent,
  newestMessagesAgent,
  responsesAgent,
  geminiAgent
]
