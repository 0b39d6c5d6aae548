import { imageProblem } from "../media.ts"
import { type Findings, type JsonPath, makeFindings, type Violation } from "../violation.ts"
import type { GenerateBody } from "./gemini-body.ts"
import { checkSchema } from "./gemini-schema.ts"
import { checkSignatures } from "./gemini-signatures.ts"
import { type Turn, turnsOf } from "./gemini-turns.ts"

type Content = GenerateBody["contents"][number]
type Part = Content["parts"][number]

/** A part holds exactly one of these. */
const DATA = [
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult"
] as const

const checkPart = (part: Part, role: string, path: JsonPath, { report }: Findings): void => {
  const given = DATA.filter((name) => part[name] !== undefined)
  if (given.length === 0) report([...path, "data"], "required oneof field 'data' must have one initialized field")
  if (given.length > 1) report([...path, given[1] ?? ""], "oneof field 'data' is already set.")
  if (part.functionCall !== undefined && role !== "model") report(path, "functionCall is only allowed in model turns")
  if (part.functionResponse !== undefined && role === "model") {
    report(path, "functionResponse is not allowed in model turns")
  }
  const blobs = [part.inlineData, ...(part.functionResponse?.parts?.map(({ inlineData }) => inlineData) ?? [])]
  for (const blob of blobs) {
    if (blob === undefined || !blob.mimeType.startsWith("image/")) continue
    if (imageProblem(blob.mimeType, blob.data) !== undefined) report([], "Unable to process input image.")
  }
}

const checkContents = (contents: ReadonlyArray<Content>, findings: Findings): void => {
  const { report } = findings
  if (contents.length === 0) report(["contents"], "contents is not specified")
  contents.forEach(({ role = "user", parts }, at) => {
    if (role !== "user" && role !== "model" && role !== "function") report([], "Please use a valid role: user, model.")
    if (parts.length === 0) report(["contents", at, "parts"], "contents.parts must not be empty.")
    parts.forEach((part, index) => checkPart(part, role, ["contents", at, "parts", index], findings))
  })
}

const namesOf = (turn: Turn | undefined, field: "functionCall" | "functionResponse"): ReadonlyArray<string> =>
  turn?.parts.flatMap((part) => part[field]?.name ?? []) ?? []

/** Each turn of calls is followed by exactly one turn of responses, as many, with the same names. */
const checkCalls = (turns: ReadonlyArray<Turn>, { report }: Findings): void => {
  turns.forEach((turn, at) => {
    const calls = namesOf(turn, "functionCall")
    const before = turns[at - 1]
    if (calls.length > 0) {
      if (before === undefined) {
        report(
          [],
          "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
        )
      }
      const responses = namesOf(turns[at + 1], "functionResponse")
      if (responses.length !== calls.length) {
        report(
          [],
          "Please ensure that the number of function response parts is equal to the number of function call parts of " +
            "the function call turn."
        )
      } else if (responses.toSorted().join() !== calls.toSorted().join()) {
        report([], "Please ensure that function response names match the function call names.")
      }
    }
    if (namesOf(turn, "functionResponse").length > 0 && namesOf(before, "functionCall").length === 0) {
      report([], "Please ensure that function response turn comes immediately after a function call turn.")
    }
  })
}

const FUNCTION_NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/

const checkTools = ({ tools = [], toolConfig }: GenerateBody, findings: Findings): void => {
  const { report } = findings
  const names = new Set<string>()
  tools.forEach(({ functionDeclarations = [] }, at) => {
    functionDeclarations.forEach(({ name, parameters, parametersJsonSchema }, index) => {
      const path = ["tools", at, "function_declarations", index]
      if (!FUNCTION_NAME.test(name)) {
        report(
          [...path, "name"],
          "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), " +
            "underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64."
        )
      }
      if (names.has(name)) report([], `Duplicate function declaration found: ${name}`)
      names.add(name)
      if (parameters !== undefined && parametersJsonSchema !== undefined) {
        report(path, "parameters and parameters_json_schema are mutually exclusive.")
      }
      if (parameters !== undefined) checkSchema(parameters, [...path, "parameters"], findings)
    })
  })
  const config = toolConfig?.functionCallingConfig
  if (config === undefined) return
  const { mode, allowedFunctionNames: allowed } = config
  const path = ["tool_config", "function_calling_config"]
  if (mode === "ANY" && names.size === 0) report(path, "Function calling mode ANY needs function declarations.")
  if (allowed === undefined) return
  if (mode !== "ANY" && mode !== "VALIDATED") {
    report(path, "allowed_function_names should only be set when the function calling mode is ANY or VALIDATED.")
  }
  for (const name of allowed) {
    if (!names.has(name)) report(path, `allowed_function_names contains "${name}", which is not declared.`)
  }
}

const checkGenerationConfig = ({ generationConfig: config = {} }: GenerateBody, model: string, findings: Findings) => {
  const { report } = findings
  const path = ["generation_config"]
  const { thinkingConfig: thinking, responseSchema, responseJsonSchema } = config
  if (thinking?.thinkingBudget !== undefined && thinking.thinkingLevel !== undefined) {
    report([], "You can only set only one of thinking budget and thinking level.")
  }
  if (thinking?.thinkingLevel !== undefined && !model.startsWith("gemini-3")) {
    report([], "Thinking level is not supported for this model.")
  }
  if (responseSchema !== undefined && responseJsonSchema !== undefined) {
    report(path, "response_schema and response_json_schema are mutually exclusive.")
  }
  if ((responseSchema ?? responseJsonSchema) !== undefined && config.responseMimeType !== "application/json") {
    report([...path, "response_schema"], "only allowed with response_mime_type application/json")
  }
  if (responseSchema !== undefined) checkSchema(responseSchema, [...path, "response_schema"], findings)
}

const hasMediaInResponse = ({ functionResponse }: Part): boolean => (functionResponse?.parts ?? []).length > 0

/** Rules that hold between the fields of a body. */
export const generateViolations = (body: GenerateBody, model: string): ReadonlyArray<Violation> => {
  const findings = makeFindings()
  const turns = turnsOf(body.contents)
  // Source: https://ai.google.dev/gemini-api/docs/function-calling, multimodal function responses
  if (!model.startsWith("gemini-3") && turns.some(({ parts }) => parts.some(hasMediaInResponse))) {
    findings.report([], "Multimodal function responses are not supported for this model.")
  }
  checkContents(body.contents, findings)
  if (body.systemInstruction?.parts.some(({ text }) => text === undefined) === true) {
    findings.report(["system_instruction"], "only text is allowed")
  }
  if (body.systemInstruction?.parts.length === 0) findings.report(["system_instruction", "parts"], "must not be empty")
  checkCalls(turns, findings)
  checkTools(body, findings)
  checkGenerationConfig(body, model, findings)
  checkSignatures(turns, model, findings)
  return findings.found
}
