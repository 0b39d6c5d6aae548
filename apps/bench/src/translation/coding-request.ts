/** One request body of a protocol that clients speak, and what is asked for beside it. */
export interface CodingRequest {
  readonly protocol: "openai" | "openai-response" | "claude" | "gemini"
  readonly body: Buffer
}

/** One step of an agent: it says what it does, calls two tools at once and gets their results. */
interface Step {
  readonly say: string
  readonly calls: ReadonlyArray<{ readonly id: string; readonly path: string; readonly result: string }>
}

const WORDS =
  "function return const await import export interface readonly string number undefined Größe naïve 変数 🚀 error stream buffer socket".split(
    " "
  )

/** Text of about `bytes` bytes that looks like source code, the same for the same start. */
const sourceText = (bytes: number, start: number): string => {
  let text = ""
  for (let index = start; text.length < bytes; index++) {
    text += `${WORDS[(index * 7) % WORDS.length]} ${WORDS[(index * 13) % WORDS.length]}_${index} = "${index}"`
    text += index % 6 === 0 ? ";\n\t" : " "
  }
  return text
}

const SYSTEM = sourceText(16_000, 1)

const parameters = (index: number) => ({
  type: "object",
  properties: {
    path: { type: "string", description: sourceText(120, index) },
    limit: { type: "integer", minimum: 0 },
    mode: { type: "string", enum: ["read", "write", "append"] },
    filters: { type: "array", items: { type: "object", properties: { glob: { type: "string" } }, required: ["glob"] } }
  },
  required: ["path"]
})

const TOOLS = Array.from({ length: 24 }, (_, index) => ({
  name: `tool_${index}`,
  description: sourceText(600, index * 11),
  parameters: parameters(index)
}))

/** As many steps as make a body of about `bytes` bytes. */
const stepsOf = (bytes: number): ReadonlyArray<Step> => {
  const count = Math.max(1, Math.round((bytes - 45_000) / 6_600))
  return Array.from({ length: count }, (_, step) => ({
    say: sourceText(300, step * 31),
    calls: [0, 1].map((call) => ({
      id: `call_${step}_${call}`,
      path: `packages/gateway/src/part_${step}/file_${call}.ts`,
      result: sourceText(2_900, step * 17 + call)
    }))
  }))
}

const QUESTION = "Why does the test of the relay fail? Look at the files and mend what is broken."

/** What a coding agent sends in the middle of its work, of about `bytes` bytes, in each protocol. */
export const codingRequests = (bytes: number): ReadonlyArray<CodingRequest> => {
  const steps = stepsOf(bytes)
  return [
    { protocol: "openai", body: bytesOf(openai(steps)) },
    { protocol: "openai-response", body: bytesOf(responses(steps)) },
    { protocol: "claude", body: bytesOf(claude(steps)) },
    { protocol: "gemini", body: bytesOf(gemini(steps)) }
  ]
}

const bytesOf = (json: object): Buffer => Buffer.from(JSON.stringify(json))

const argumentsOf = (path: string) => ({ path, limit: 200, mode: "read" })

const openai = (steps: ReadonlyArray<Step>) => ({
  model: "bench",
  stream: true,
  max_tokens: 8192,
  messages: [
    { role: "system", content: SYSTEM },
    { role: "user", content: QUESTION },
    ...steps.flatMap(({ calls, say }, step) => [
      {
        role: "assistant",
        content: say,
        tool_calls: calls.map(({ id, path }) => ({
          id,
          type: "function",
          function: { name: `tool_${step % 24}`, arguments: JSON.stringify(argumentsOf(path)) }
        }))
      },
      ...calls.map(({ id, result }) => ({ role: "tool", tool_call_id: id, content: result }))
    ])
  ],
  tools: TOOLS.map((tool) => ({ type: "function", function: tool }))
})

const responses = (steps: ReadonlyArray<Step>) => ({
  model: "bench",
  stream: true,
  max_output_tokens: 8192,
  instructions: SYSTEM,
  input: [
    { role: "user", content: [{ type: "input_text", text: QUESTION }] },
    ...steps.flatMap(({ calls, say }, step) => [
      { type: "message", role: "assistant", content: [{ type: "output_text", text: say, annotations: [] }] },
      ...calls.map(({ id, path }) => ({
        type: "function_call",
        call_id: id,
        name: `tool_${step % 24}`,
        arguments: JSON.stringify(argumentsOf(path))
      })),
      ...calls.map(({ id, result }) => ({ type: "function_call_output", call_id: id, output: result }))
    ])
  ],
  tools: TOOLS.map((tool) => ({ type: "function", ...tool }))
})

const claude = (steps: ReadonlyArray<Step>) => ({
  model: "bench",
  stream: true,
  max_tokens: 8192,
  system: [{ type: "text", text: SYSTEM, cache_control: { type: "ephemeral" } }],
  messages: [
    { role: "user", content: [{ type: "text", text: QUESTION }] },
    ...steps.flatMap(({ calls, say }, step) => [
      {
        role: "assistant",
        content: [
          { type: "text", text: say },
          ...calls.map(({ id, path }) => ({
            type: "tool_use",
            id,
            name: `tool_${step % 24}`,
            input: argumentsOf(path)
          }))
        ]
      },
      {
        role: "user",
        content: calls.map(({ id, result }) => ({ type: "tool_result", tool_use_id: id, content: result }))
      }
    ])
  ],
  tools: TOOLS.map(({ description, name, parameters }) => ({ name, description, input_schema: parameters }))
})

const gemini = (steps: ReadonlyArray<Step>) => ({
  systemInstruction: { parts: [{ text: SYSTEM }] },
  contents: [
    { role: "user", parts: [{ text: QUESTION }] },
    ...steps.flatMap(({ calls, say }, step) => [
      {
        role: "model",
        parts: [
          { text: say },
          ...calls.map(({ id, path }) => ({
            functionCall: { id, name: `tool_${step % 24}`, args: argumentsOf(path) }
          }))
        ]
      },
      {
        role: "user",
        parts: calls.map(({ id, result }) => ({
          functionResponse: { id, name: `tool_${step % 24}`, response: { output: result } }
        }))
      }
    ])
  ],
  tools: [{ functionDeclarations: TOOLS }],
  generationConfig: { maxOutputTokens: 8192 }
})
