import type { JsonObject } from "../../../src/canonical/json.ts"

// Short ways to write what clients and providers send.

/** One `chat.completion.chunk` with one choice. */
export const chunk = (delta: JsonObject | null, finish: string | null = null, more: JsonObject = {}): JsonObject => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1_700_000_000,
  model: "served-model",
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more
})

/** A chunk with pieces of tool calls. */
export const callChunk = (...entries: ReadonlyArray<JsonObject>): JsonObject => chunk({ tool_calls: entries })

export const DONE = "[DONE]"

/** A whole `chat.completion` with one choice. */
export const completion = (message: JsonObject, finish: string, more: JsonObject = {}): JsonObject => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "served-model",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: finish }],
  ...more
})

/** A call of a tool, in an assistant's message of a chat completion. */
export const chatCall = (id: string, name: string, args = "{}"): JsonObject => ({
  id,
  type: "function",
  function: { name, arguments: args }
})

/** A tool of a chat completion. */
export const chatTool = (name: string, parameters: JsonObject = { type: "object", properties: {} }): JsonObject => ({
  type: "function",
  function: { name, parameters }
})

export const toolUse = (id: string, name: string, input: JsonObject = {}): JsonObject => ({
  type: "tool_use",
  id,
  name,
  input
})

export const toolResult = (id: string, content: unknown, more: JsonObject = {}): JsonObject => ({
  type: "tool_result",
  tool_use_id: id,
  content,
  ...more
})

/** A body of Claude's Messages API. */
export const claudeAsk = (messages: ReadonlyArray<JsonObject>, more: JsonObject = {}): JsonObject => ({
  model: "asked-model",
  max_tokens: 256,
  messages,
  ...more
})

export const claudeStart = (usage: JsonObject = { input_tokens: 10, output_tokens: 1 }): JsonObject => ({
  type: "message_start",
  message: { id: "msg_1", type: "message", role: "assistant", model: "claude-served", content: [], usage }
})

export const blockStart = (index: number, block: JsonObject): JsonObject => ({
  type: "content_block_start",
  index,
  content_block: block
})

export const blockDelta = (index: number, delta: JsonObject): JsonObject => ({
  type: "content_block_delta",
  index,
  delta
})

export const blockStop = (index: number): JsonObject => ({ type: "content_block_stop", index })

/** A whole block of text. */
export const textBlock = (index: number, text: string): ReadonlyArray<JsonObject> => [
  blockStart(index, { type: "text", text: "" }),
  blockDelta(index, { type: "text_delta", text }),
  blockStop(index)
]

/** A whole block of thinking, with a signature unless that is empty. */
export const thinkingBlock = (index: number, thinking: string, signature: string): ReadonlyArray<JsonObject> => [
  blockStart(index, { type: "thinking", thinking: "" }),
  blockDelta(index, { type: "thinking_delta", thinking }),
  ...(signature === "" ? [] : [blockDelta(index, { type: "signature_delta", signature })]),
  blockStop(index)
]

/** A whole call of a tool. */
export const callBlock = (index: number, id: string, name: string, json: string): ReadonlyArray<JsonObject> => [
  blockStart(index, toolUse(id, name)),
  blockDelta(index, { type: "input_json_delta", partial_json: json }),
  blockStop(index)
]

export const claudeDelta = (stop: string | null, usage: JsonObject | undefined = { output_tokens: 5 }): JsonObject => ({
  type: "message_delta",
  delta: { stop_reason: stop, stop_sequence: null },
  ...(usage === undefined ? {} : { usage })
})

export const CLAUDE_STOP: JsonObject = { type: "message_stop" }

/** A whole message of Claude. */
export const claudeMessage = (
  content: ReadonlyArray<JsonObject>,
  stop: string,
  usage: JsonObject = { input_tokens: 10, output_tokens: 5 }
): JsonObject => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-served",
  content,
  stop_reason: stop,
  stop_sequence: null,
  usage
})

/** A `GenerateContentResponse`, whole or a piece of a stream. */
export const gemini = (parts: ReadonlyArray<JsonObject>, finish?: string, more: JsonObject = {}): JsonObject => ({
  candidates: [
    { content: { role: "model", parts }, index: 0, ...(finish === undefined ? {} : { finishReason: finish }) }
  ],
  modelVersion: "gemini-served",
  responseId: "resp-1",
  ...more
})

export const functionCall = (id: string, name: string, args = "{}"): JsonObject => ({
  type: "function_call",
  call_id: id,
  name,
  arguments: args
})

export const callOutput = (id: string, output: unknown): JsonObject => ({
  type: "function_call_output",
  call_id: id,
  output
})

/** A message item of the Responses API. */
export const item = (role: string, text: string): JsonObject => ({
  type: "message",
  role,
  content: [{ type: role === "assistant" ? "output_text" : "input_text", text }]
})
