import type { JsonObject } from "../scenario.ts"
import { dataUrl, imageProblem } from "../media.ts"
import { type Findings, makeFindings, type Violation } from "../violation.ts"
import type { ChatBody } from "./openai-body.ts"

type Message = ChatBody["messages"][number]

/** Every tool call is answered before anything else is said, and nothing else is answered. */
const checkToolMessages = (messages: ReadonlyArray<Message>, findings: Findings): void => {
  let open = new Set<string>()
  messages.forEach((message, at) => {
    if (message.role === "tool") {
      if (open.delete(message.tool_call_id)) return
      findings.report(
        ["messages", at, "role"],
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
      )
      return
    }
    checkAllAnswered(open, at, findings)
    open = new Set(message.role === "assistant" ? message.tool_calls?.map(({ id }) => id) : [])
  })
  checkAllAnswered(open, messages.length, findings)
}

const checkAllAnswered = (open: ReadonlySet<string>, at: number, { report }: Findings): void => {
  if (open.size === 0) return
  report(
    ["messages", at, "role"],
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
      `The following tool_call_ids did not have response messages: ${[...open].join(", ")}`
  )
}

const checkMessage = (message: Message, at: number, compatible: boolean, findings: Findings): void => {
  const { report } = findings
  if (message.role === "assistant") {
    const ids = message.tool_calls?.map(({ id }) => id) ?? []
    if (new Set(ids).size < ids.length) report(["messages", at, "tool_calls"], "Duplicate value for 'tool_call_id'.")
    if ((message.content === null || message.content === undefined) && ids.length === 0 && !message.refusal) {
      report(["messages", at, "content"], "Invalid value for 'content': expected a string, got null.")
    }
    if (message.reasoning_content !== undefined && !compatible) {
      report(["messages", at, "reasoning_content"], "Expected no excess property")
    }
  }
  if (message.role !== "user" || typeof message.content === "string") return
  message.content.forEach((part, index) => {
    const path = ["messages", at, "content", index]
    if (part.type === "image_url") checkImage(part.image_url.url, [...path, "image_url", "url"], findings)
    if (part.type !== "file") return
    const { file_data: data, file_id: id } = part.file
    if ((data === undefined) === (id === undefined)) report([...path, "file"], "Exactly one of file_data and file_id.")
    if (data !== undefined && dataUrl(data) === undefined) {
      report([...path, "file", "file_data"], "Expected a base64-encoded data URL with a MIME type.")
    }
  })
}

const checkImage = (url: string, path: ReadonlyArray<string | number>, { report }: Findings): void => {
  if (/^https?:\/\/\S+$/.test(url)) return
  const image = dataUrl(url)
  const problem =
    image === undefined ? "expected a web address or a base64 data URL" : imageProblem(image.mediaType, image.data)
  if (problem !== undefined) report(path, `Invalid image URL: ${problem}.`)
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Strict schemas must close every object and require all of its properties. */
const strictProblem = (schema: unknown): string | undefined => {
  if (!isObject(schema)) return undefined
  const properties = isObject(schema["properties"]) ? schema["properties"] : undefined
  if (schema["type"] === "object") {
    if (schema["additionalProperties"] !== false) {
      return "'additionalProperties' is required to be supplied and to be false"
    }
    const required = Array.isArray(schema["required"]) ? schema["required"] : []
    if (Object.keys(properties ?? {}).some((name) => !required.includes(name))) {
      return "'required' is required to be supplied and to be an array including every key in properties"
    }
  }
  const inner = [...Object.values(properties ?? {}), schema["items"]]
  return inner.map(strictProblem).find((problem) => problem !== undefined)
}

const checkTools = (body: ChatBody, { report }: Findings): void => {
  body.tools?.forEach(({ function: { name, parameters, strict } }, at) => {
    const path = ["tools", at, "function", "parameters"]
    const invalid = `Invalid schema for function '${name}'`
    if (parameters !== undefined && parameters["type"] !== "object") {
      report(
        path,
        `${invalid}: schema must be a JSON Schema of 'type: "object"', got 'type: ${String(parameters["type"])}'.`
      )
    }
    const problem = strict === true ? strictProblem(parameters ?? {}) : undefined
    if (problem !== undefined) report(path, `${invalid}: In context=(), ${problem}.`)
  })
  const names = new Set(body.tools?.map(({ function: { name } }) => name))
  if (body.tools === undefined) {
    for (const field of ["tool_choice", "parallel_tool_calls"] as const) {
      if (body[field] !== undefined)
        report([field], `Invalid value for '${field}': '${field}' is only allowed when 'tools' are specified.`)
    }
  } else if (typeof body.tool_choice === "object") {
    const chosen =
      body.tool_choice.type === "function"
        ? [body.tool_choice.function.name]
        : body.tool_choice.allowed_tools.tools.map(({ function: { name } }) => name)
    for (const name of chosen) {
      if (!names.has(name)) report(["tool_choice"], `Tool choice '${name}' not found in 'tools' parameter.`)
    }
  }
}

const checkFormat = (body: ChatBody, { report }: Findings): void => {
  const format = body.response_format
  if (format?.type === "json_object" && !/json/i.test(JSON.stringify(body.messages))) {
    report(
      ["messages"],
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
    )
  }
  if (format?.type !== "json_schema") return
  const { schema, strict, name } = format.json_schema
  const problem = schema === undefined ? "schema must be supplied" : strict === true ? strictProblem(schema) : undefined
  if (problem !== undefined) report(["response_format"], `Invalid schema for response_format '${name}': ${problem}.`)
}

/** What models that reason do not take. Source: https://platform.openai.com/docs/guides/latest-model */
const checkReasoningModel = (body: ChatBody, { report }: Findings): void => {
  const unsupported = (name: string, instead = "") =>
    report([], `Unsupported parameter: '${name}' is not supported with this model.${instead}`)
  if (body.max_tokens != null) unsupported("max_tokens", " Use 'max_completion_tokens' instead.")
  if ((body.reasoning_effort ?? "none") === "none") return
  for (const name of ["temperature", "top_p", "logprobs"] as const) if (body[name] != null) unsupported(name)
}

/**
 * Rules that hold between the fields of a body. `compatible` stands for the providers that took over OpenAI's API and
 * added `reasoning_content` to it.
 */
export const chatViolations = (body: ChatBody, compatible: boolean): ReadonlyArray<Violation> => {
  const findings = makeFindings()
  body.messages.forEach((message, at) => checkMessage(message, at, compatible, findings))
  checkToolMessages(body.messages, findings)
  checkTools(body, findings)
  checkFormat(body, findings)
  if (body.stream_options && body.stream !== true) {
    findings.report(["stream_options"], "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
  }
  // Followers take more: DeepSeek 16, others any number.
  if (Array.isArray(body.stop) && body.stop.length > (compatible ? 16 : 4)) {
    findings.report(["stop"], "array too long. Expected an array with maximum length 4.")
  }
  if (body.max_tokens != null && body.max_completion_tokens != null) {
    findings.report(
      ["max_tokens"],
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
    )
  }
  if (body.model.startsWith("gpt-5")) checkReasoningModel(body, findings)
  if (body.top_logprobs != null && body.logprobs !== true) {
    findings.report(["top_logprobs"], "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.")
  }
  return findings.found
}
