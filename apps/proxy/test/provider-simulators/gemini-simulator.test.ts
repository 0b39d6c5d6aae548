import { startGeminiSimulator } from "./gemini-simulator.ts"
import type { JsonObject } from "./scenario.ts"
import { KEY, png, testStrictness } from "./strictness.ts"

const asked = { role: "user", parts: [{ text: "Hi" }] }
const called = { role: "model", parts: [{ functionCall: { name: "look", args: {} } }] }
const responded = { role: "user", parts: [{ functionResponse: { name: "look", response: { output: "done" } } }] }
const declared = (parameters: JsonObject) => [{ functionDeclarations: [{ name: "look", parameters }] }]

testStrictness({
  name: "Gemini",
  start: startGeminiSimulator,
  path: "/v1beta/models/gemini-2.5-flash-simulated:generateContent",
  headers: { "x-goog-api-key": KEY },
  good: {
    contents: [asked, called, responded],
    generation_config: { thinking_config: { include_thoughts: true } },
    tools: declared({ type: "object", properties: { path: { type: "string" } }, required: ["path"] })
  },
  bad: [
    [{ surprise: 1 }, 'Unknown name "surprise": Cannot find field.'],
    [{ contents: [] }, "contents is not specified"],
    [{ contents: [{ role: "assistant", parts: [{ text: "x" }] }] }, "Please use a valid role: user, model."],
    [{ contents: [{ role: "user", parts: [] }] }, "contents.parts must not be empty."],
    [{ contents: [{ role: "user", parts: [{ thought: true }] }] }, "required oneof field 'data'"],
    [{ contents: [asked, called] }, "number of function response parts is equal"],
    [
      { contents: [asked, called, { role: "user", parts: [...responded.parts, ...responded.parts] }] },
      "number of function response parts"
    ],
    [
      { contents: [asked, called, { role: "user", parts: [{ functionResponse: { name: "other", response: {} } }] }] },
      "names match"
    ],
    [{ contents: [called, responded] }, "immediately after a user turn"],
    [
      { contents: [asked, called, { role: "user", parts: [{ functionResponse: { name: "look", response: "x" } }] }] },
      "response"
    ],
    [
      { contents: [asked, { role: "model", parts: [{ text: "x", thoughtSignature: "c2ln" }] }] },
      "Corrupted thought signature."
    ],
    [
      { contents: [asked, { role: "model", parts: [{ text: "x", thoughtSignature: "no base64!" }] }] },
      "Base64 decoding failed"
    ],
    ...["additionalProperties", "$schema", "$ref", "oneOf", "allOf", "const", "exclusiveMinimum", "multipleOf"].map(
      (word): [JsonObject, string] => [
        { tools: declared({ type: "object", properties: { a: { type: "number", [word]: 1 } } }) },
        `Unknown name "${word}" at 'tools[0].function_declarations[0].parameters.properties.a': Cannot find field.`
      ]
    ),
    [
      { tools: declared({ type: "object", properties: { a: { type: ["string", "null"] } } }) },
      "Proto field is not repeating"
    ],
    [{ tools: declared({ type: "object", properties: { a: { type: "array" } } }) }, "items: missing field."],
    [{ tools: declared({ type: "object", properties: {} }) }, "should be non-empty for OBJECT type"],
    [
      { tools: declared({ type: "object", properties: { a: { type: "integer", enum: [1] } } }) },
      "only allowed for STRING type"
    ],
    [{ tools: [{ functionDeclarations: [{ name: "1 look" }] }] }, "Invalid function name."],
    [
      {
        contents: [
          asked,
          called,
          {
            role: "user",
            parts: [
              {
                functionResponse: {
                  name: "look",
                  response: {},
                  parts: [{ inlineData: { mimeType: "image/png", data: png } }]
                }
              }
            ]
          }
        ]
      },
      "Multimodal function responses are not supported"
    ],
    [{ generationConfig: { maxTokens: 5 } }, `Unknown name "maxTokens" at 'generationConfig': Cannot find field.`],
    [
      { generationConfig: { responseSchema: { type: "string" } } },
      "only allowed with response_mime_type application/json"
    ],
    [
      { generationConfig: { thinkingConfig: { thinkingBudget: 1024, thinkingLevel: "LOW" } } },
      "only one of thinking budget and thinking level"
    ],
    [
      { toolConfig: { functionCallingConfig: { mode: "AUTO", allowedFunctionNames: ["look"] } } },
      "should only be set when"
    ]
  ]
})
