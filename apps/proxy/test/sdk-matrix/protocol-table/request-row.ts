import type { JsonObject } from "../../provider-simulators/scenario.ts"
import type { ClientProtocol } from "../client.ts"
import type { ProviderName } from "../endpoints.ts"
import type { Arrival } from "./outcome.ts"

/** Something that a request may say. */
export interface RequestRow {
  readonly feature: string
  /** Fields that say it; left out for protocols that cannot. */
  readonly ask: Partial<Readonly<Record<ClientProtocol, JsonObject>>>
  /** Which of the provider's models is asked; `model` when left out. */
  readonly scenario?: "budget"
  /** What arrives at a provider from the clients of other protocols. Its own protocol arrives as it is. */
  readonly arrives: Readonly<Record<ProviderName, Arrival>>
}

/** A chat of one message. */
export const openAIText = (text: string): JsonObject => ({ messages: [{ role: "user", content: text }] })

/** A tool with one argument. */
export const LOOK_SCHEMA = {
  type: "object",
  properties: { a: { type: "string" } },
  required: ["a"],
  additionalProperties: false
} as const

/** The tool as each protocol declares it. */
export const LOOK = {
  openai: { tools: [{ type: "function", function: { name: "look", parameters: LOOK_SCHEMA } }] },
  "openai-response": { tools: [{ type: "function", name: "look", parameters: LOOK_SCHEMA, strict: false }] },
  claude: { tools: [{ name: "look", input_schema: LOOK_SCHEMA }] },
  gemini: { tools: [{ functionDeclarations: [{ name: "look", parametersJsonSchema: LOOK_SCHEMA }] }] }
} as const

/** A conversation in which the tool was called, and answered as each protocol says it. */
export const looked = (answers: {
  readonly openai?: unknown
  readonly responses?: unknown
  readonly claude?: JsonObject
  readonly gemini?: JsonObject
}): RequestRow["ask"] => ({
  ...(answers.openai === undefined
    ? {}
    : {
        openai: {
          ...LOOK.openai,
          messages: [
            { role: "user", content: "Hi" },
            {
              role: "assistant",
              content: null,
              tool_calls: [{ id: "call_1", type: "function", function: { name: "look", arguments: '{"a":"b"}' } }]
            },
            { role: "tool", tool_call_id: "call_1", content: answers.openai }
          ]
        }
      }),
  ...(answers.responses === undefined
    ? {}
    : {
        "openai-response": {
          ...LOOK["openai-response"],
          input: [
            { role: "user", content: "Hi" },
            { type: "function_call", call_id: "call_1", name: "look", arguments: '{"a":"b"}' },
            { type: "function_call_output", call_id: "call_1", output: answers.responses }
          ]
        }
      }),
  ...(answers.claude === undefined
    ? {}
    : {
        claude: {
          ...LOOK.claude,
          messages: [
            { role: "user", content: "Hi" },
            { role: "assistant", content: [{ type: "tool_use", id: "call_1", name: "look", input: { a: "b" } }] },
            { role: "user", content: [{ type: "tool_result", tool_use_id: "call_1", ...answers.claude }] }
          ]
        }
      }),
  ...(answers.gemini === undefined
    ? {}
    : {
        gemini: {
          ...LOOK.gemini,
          contents: [
            { role: "user", parts: [{ text: "Hi" }] },
            {
              role: "model",
              parts: [
                {
                  functionCall: { id: "call_1", name: "look", args: { a: "b" } },
                  thoughtSignature: "skip_thought_signature_validator"
                }
              ]
            },
            { role: "user", parts: [{ functionResponse: { id: "call_1", name: "look", ...answers.gemini } }] }
          ]
        }
      })
})
