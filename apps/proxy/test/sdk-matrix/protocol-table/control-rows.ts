import { changed, dropped, kept } from "./outcome.ts"
import { LOOK, LOOK_SCHEMA, openAIText, type RequestRow } from "./request-row.ts"

const noField = "has no such field"
const config = (fields: object) => ({ generationConfig: fields })

/** Which tools the model may call, in what form it answers, and how much it thinks before. */
export const controlRows: ReadonlyArray<RequestRow> = [
  {
    feature: "A tool that must be called",
    ask: {
      openai: { ...LOOK.openai, tool_choice: { type: "function", function: { name: "look" } } },
      "openai-response": { ...LOOK["openai-response"], tool_choice: { type: "function", name: "look" } },
      claude: { ...LOOK.claude, tool_choice: { type: "tool", name: "look" } },
      gemini: {
        ...LOOK.gemini,
        toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["look"] } }
      }
    },
    arrives: {
      openai: kept("tool_choice", { type: "function", function: { name: "look" } }),
      claude: kept("tool_choice", { type: "tool", name: "look" }),
      gemini: kept("toolConfig.functionCallingConfig", { mode: "ANY", allowedFunctionNames: ["look"] })
    }
  },
  {
    feature: "A tool, whichever",
    ask: {
      openai: { ...LOOK.openai, tool_choice: "required" },
      "openai-response": { ...LOOK["openai-response"], tool_choice: "required" },
      claude: { ...LOOK.claude, tool_choice: { type: "any" } },
      gemini: { ...LOOK.gemini, toolConfig: { functionCallingConfig: { mode: "ANY" } } }
    },
    arrives: {
      openai: kept("tool_choice", "required"),
      claude: kept("tool_choice", { type: "any" }),
      gemini: kept("toolConfig.functionCallingConfig", { mode: "ANY" })
    }
  },
  {
    feature: "No tool",
    ask: {
      openai: { ...LOOK.openai, tool_choice: "none" },
      "openai-response": { ...LOOK["openai-response"], tool_choice: "none" },
      claude: { ...LOOK.claude, tool_choice: { type: "none" } },
      gemini: { ...LOOK.gemini, toolConfig: { functionCallingConfig: { mode: "NONE" } } }
    },
    arrives: {
      openai: kept("tool_choice", "none"),
      claude: kept("tool_choice", { type: "none" }),
      gemini: kept("toolConfig.functionCallingConfig", { mode: "NONE" })
    }
  },
  {
    feature: "One call at a time",
    ask: {
      openai: { ...LOOK.openai, parallel_tool_calls: false },
      "openai-response": { ...LOOK["openai-response"], parallel_tool_calls: false },
      claude: { ...LOOK.claude, tool_choice: { type: "auto", disable_parallel_tool_use: true } }
    },
    arrives: {
      openai: kept("parallel_tool_calls", false),
      claude: kept("tool_choice.disable_parallel_tool_use", true),
      gemini: dropped(noField, "toolConfig.functionCallingConfig.parallel")
    }
  },
  {
    feature: "JSON by a schema",
    ask: {
      openai: {
        response_format: { type: "json_schema", json_schema: { name: "x", schema: LOOK_SCHEMA, strict: true } }
      },
      "openai-response": { text: { format: { type: "json_schema", name: "x", schema: LOOK_SCHEMA, strict: true } } },
      claude: { output_config: { format: { type: "json_schema", schema: LOOK_SCHEMA } } },
      gemini: config({ responseMimeType: "application/json", responseJsonSchema: LOOK_SCHEMA })
    },
    arrives: {
      openai: kept("response_format.json_schema.schema", LOOK_SCHEMA),
      claude: kept("output_config.format.schema", LOOK_SCHEMA),
      gemini: changed(
        "without the keywords of JSON Schema that Gemini does not take",
        "generationConfig.responseJsonSchema.additionalProperties",
        undefined
      )
    }
  },
  {
    feature: "JSON of any form",
    ask: {
      openai: { ...openAIText("json"), response_format: { type: "json_object" } },
      "openai-response": { input: "json", text: { format: { type: "json_object" } } },
      gemini: {
        contents: [{ role: "user", parts: [{ text: "json" }] }],
        generationConfig: { responseMimeType: "application/json" }
      }
    },
    arrives: {
      openai: kept("response_format", { type: "json_object" }),
      claude: changed("as an instruction", "system.0.text", "Answer with one JSON object and nothing else."),
      gemini: kept("generationConfig.responseMimeType", "application/json")
    }
  },
  {
    feature: "Effort of thought, as a level",
    scenario: "budget",
    ask: { openai: { reasoning_effort: "high" }, "openai-response": { reasoning: { effort: "high" } } },
    arrives: {
      openai: kept("reasoning_effort", "high"),
      claude: changed("as a budget of tokens with models before 4.6", "thinking", {
        type: "enabled",
        budget_tokens: 24_576
      }),
      gemini: kept("generationConfig.thinkingConfig.thinkingLevel", "high")
    }
  },
  {
    feature: "Effort of thought, as a budget",
    scenario: "budget",
    ask: {
      claude: { thinking: { type: "enabled", budget_tokens: 2048 } },
      gemini: config({ thinkingConfig: { thinkingBudget: 2048, includeThoughts: true } })
    },
    arrives: {
      openai: changed("as the level that holds it", "reasoning_effort", "medium"),
      claude: kept("thinking.budget_tokens", 2048),
      gemini: changed(
        "as the level that holds it, with models from 3 on",
        "generationConfig.thinkingConfig.thinkingLevel",
        "medium"
      )
    }
  },
  {
    feature: "No thought",
    scenario: "budget",
    ask: {
      openai: { reasoning_effort: "none" },
      "openai-response": { reasoning: { effort: "none" } },
      claude: { thinking: { type: "disabled" } },
      gemini: config({ thinkingConfig: { thinkingBudget: 0 } })
    },
    arrives: {
      openai: kept("reasoning_effort", "none"),
      claude: kept("thinking.type", "disabled"),
      gemini: changed("as the least that the model can", "generationConfig.thinkingConfig.thinkingLevel", "low")
    }
  }
]
