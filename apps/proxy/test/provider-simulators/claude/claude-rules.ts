import { imageProblem } from "../media.ts"
import { type Findings, makeFindings, type Violation } from "../violation.ts"
import type { CountTokensBody, MessagesBody } from "./claude-body.ts"
import { checkCitations } from "./claude-citations.ts"
import { checkThinking } from "./claude-thinking.ts"

type Body = CountTokensBody & Partial<MessagesBody>
type Message = Body["messages"][number]
type Block = Exclude<Message["content"], string>[number]
type ResultContent = Exclude<Extract<Block, { type: "tool_result" }>["content"], string | undefined>[number]

const blocksOf = (message: Message | undefined): ReadonlyArray<Block> =>
  message === undefined || typeof message.content === "string" ? [] : message.content

/** Every use of a tool is answered at the head of the very next message, once, and nothing else is. */
const checkToolPairs = (messages: ReadonlyArray<Message>, { report }: Findings): void => {
  const used = new Set<string>()
  messages.forEach((message, at) => {
    const next = blocksOf(messages[at + 1])
    const leading = next.findIndex(({ type }) => type !== "tool_result")
    const answered = next
      .slice(0, leading === -1 ? next.length : leading)
      .flatMap((block) => (block.type === "tool_result" ? [block.tool_use_id] : []))
    const calls = blocksOf(message).flatMap((block) => (block.type === "tool_use" ? [block.id] : []))
    for (const id of calls) {
      if (used.has(id)) report(["messages"], "`tool_use` ids must be unique")
      used.add(id)
    }
    const open = calls.filter((id) => !answered.includes(id))
    if (open.length > 0) {
      report(
        ["messages", at],
        `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. Each ` +
          "`tool_use` block must have a corresponding `tool_result` block in the next message."
      )
    }
    const before = blocksOf(messages[at - 1]).flatMap((block) => (block.type === "tool_use" ? [block.id] : []))
    const seen = new Set<string>()
    blocksOf(message).forEach((block, index) => {
      if (block.type !== "tool_result") return
      if (!before.includes(block.tool_use_id)) {
        report(
          ["messages", at, "content", index],
          `unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${block.tool_use_id}. Each \`tool_result\` ` +
            "block must have a corresponding `tool_use` block in the previous message."
        )
      }
      if (seen.has(block.tool_use_id)) {
        report(
          ["messages", at, "content", index],
          `each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${block.tool_use_id}`
        )
      }
      seen.add(block.tool_use_id)
    })
  })
}

const checkBlock = (block: Block | ResultContent, path: ReadonlyArray<string | number>, findings: Findings): void => {
  const { report } = findings
  if (block.type === "text" && block.text === "") report(["messages"], "text content blocks must be non-empty")
  if (block.type === "text" && block.text !== "" && block.text.trim() === "") {
    report(["messages"], "text content blocks must contain non-whitespace text")
  }
  if (block.type === "image" && block.source.type === "base64") {
    const problem = imageProblem(block.source.media_type, block.source.data)
    if (problem !== undefined) report([...path, "image", "source", "base64"], `Could not process image: ${problem}`)
  }
  if (block.type !== "tool_result" || block.content === undefined || typeof block.content === "string") return
  if (block.is_error === true && block.content.some(({ type }) => type !== "text")) {
    report([...path, "tool_result"], "all content must be type `text` if `is_error` is true")
  }
  block.content.forEach((inner, at) => checkBlock(inner, [...path, "tool_result", "content", at], findings))
}

const checkMessages = (messages: ReadonlyArray<Message>, findings: Findings): void => {
  const { report } = findings
  if (messages[0]?.role !== "user") report(["messages"], 'first message must use the "user" role')
  const last = messages.length - 1
  messages.forEach((message, at) => {
    if (message.content.length === 0 && !(at === last && message.role === "assistant")) {
      report(
        ["messages", at],
        "all messages must have non-empty content except for the optional final assistant message"
      )
    }
    blocksOf(message).forEach((block, index) => checkBlock(block, ["messages", at, "content", index], findings))
  })
  const final = messages[last]
  const ending = typeof final?.content === "string" ? final.content : undefined
  if (final?.role === "assistant" && ending !== undefined && ending !== ending.trimEnd()) {
    report(["messages"], "final assistant content cannot end with trailing whitespace")
  }
}

const checkTools = (body: Body, { report }: Findings): void => {
  const names = body.tools?.map(({ name }) => name) ?? []
  if (new Set(names).size < names.length) report(["tools"], "Tool names must be unique.")
  body.tools?.forEach((tool, at) => {
    if ("input_schema" in tool && ["oneOf", "allOf", "anyOf"].some((word) => word in tool.input_schema)) {
      report(
        ["tools", at, "custom", "input_schema"],
        "input_schema does not support oneOf, allOf, or anyOf at the top level"
      )
    }
  })
  if (body.tool_choice !== undefined && names.length === 0) {
    report(["tool_choice"], "tool_choice may only be specified while providing tools")
  }
  if (body.tool_choice?.type === "tool" && !names.includes(body.tool_choice.name)) {
    report(["tool_choice"], `Tool '${body.tool_choice.name}' not found in provided tools`)
  }
}

const checkSystem = ({ system }: Body, { report }: Findings): void => {
  if (typeof system !== "object") return
  if (system.some(({ text }) => text === "")) report(["system"], "text content blocks must be non-empty")
}

const countCacheMarks = (value: unknown): number => {
  if (typeof value !== "object" || value === null) return 0
  return Object.entries(value).reduce(
    (sum, [name, inner]) => sum + (name === "cache_control" && inner !== null ? 1 : countCacheMarks(inner)),
    0
  )
}

/**
 * What became of thinking, sampling and prefill with Claude 4.7, and what was not there before it.
 * Source: https://platform.claude.com/docs/en/about-claude/models/migration-guide
 */
const checkGeneration = (body: Body, { report }: Findings): void => {
  const thinking = body.thinking?.type
  if (!/-4-[789]/.test(body.model)) {
    if (thinking === "adaptive") report([], "adaptive thinking is not supported on this model")
    if (body.output_config?.effort != null) report([], "This model does not support the effort parameter.")
    return
  }
  if (thinking === "enabled") {
    report([], '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" instead.')
  }
  for (const name of ["temperature", "top_p", "top_k"] as const) {
    if (body[name] !== undefined) report([], `\`${name}\` is deprecated for this model.`)
  }
  if (body.messages.at(-1)?.role === "assistant") {
    report([], "This model does not support assistant message prefill. The conversation must end with a user message.")
  }
}

/** Rules that hold between the fields of a body. */
export const messagesViolations = (body: Body): ReadonlyArray<Violation> => {
  const findings = makeFindings()
  const { report } = findings
  checkMessages(body.messages, findings)
  checkToolPairs(body.messages, findings)
  checkTools(body, findings)
  checkSystem(body, findings)
  checkThinking(body, findings)
  checkCitations(body, findings)
  checkGeneration(body, findings)
  if (body.stop_sequences?.some((stop) => stop.trim() === "") === true) {
    report(["stop_sequences"], "each stop sequence must contain non-whitespace")
  }
  if (body.temperature !== undefined && body.top_p !== undefined) {
    report([], "`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
  }
  const marks = countCacheMarks(body)
  if (marks > 4) report([], `A maximum of 4 blocks with cache_control may be provided. Found ${marks}.`)
  return findings.found
}

/**
 * Fields that the headers rule out: those that version `2026-10-21` took away, and those that need a beta header.
 * Source: https://platform.claude.com/docs/en/api/migration-2026-10-21
 */
export const fieldsRuledOut = (
  body: MessagesBody,
  version: unknown,
  beta: string | undefined
): ReadonlyArray<Violation> => {
  const gone = version === "2026-10-21" ? (["temperature", "top_p", "top_k"] as const) : []
  const untold = beta?.includes("context-management") === true ? [] : (["context_management"] as const)
  return [...gone, ...untold]
    .filter((name) => body[name] !== undefined)
    .map((name) => ({ path: [name], message: "Extra inputs are not permitted" }))
}
