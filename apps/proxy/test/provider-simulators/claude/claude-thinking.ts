import { sign, signedContent } from "../signing.ts"
import type { Findings } from "../violation.ts"
import type { CountTokensBody, MessagesBody } from "./claude-body.ts"

/** The signature of a thinking block: it stands for exactly this text. */
export const thinkingSignature = (text: string): string => sign("claude", text)

/** The data of a redacted thinking block. */
export const redactedData = (text: string): string => sign("claude-redacted", text)

type Body = Pick<MessagesBody, "temperature" | "top_k" | "top_p"> & CountTokensBody & { readonly max_tokens?: number }

/** Parameters that exclude one another while the model thinks. */
const checkParameters = (body: Body, { report }: Findings): void => {
  const { thinking } = body
  if (thinking === undefined || thinking.type === "disabled") return
  if (body.temperature !== undefined && body.temperature !== 1) {
    report([], "`temperature` may only be set to 1 when thinking is enabled.")
  }
  if (body.top_k !== undefined) report([], "`top_k` must be unset when thinking is enabled.")
  if (body.top_p !== undefined && body.top_p < 0.95) {
    report([], "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.")
  }
  if (body.tool_choice?.type === "any" || body.tool_choice?.type === "tool") {
    report([], "Thinking may not be enabled when tool_choice forces tool use.")
  }
  if (thinking.type === "enabled" && body.max_tokens !== undefined && thinking.budget_tokens >= body.max_tokens) {
    report([], "`max_tokens` must be greater than `thinking.budget_tokens`.")
  }
}

/** Thought that comes back is what this provider wrote, to the letter. */
const checkSignatures = (body: Body, { report }: Findings): void => {
  body.messages.forEach(({ content }, at) => {
    if (typeof content === "string") return
    content.forEach((block, index) => {
      const path = ["messages", at, "content", index]
      if (block.type === "thinking" && signedContent("claude", block.signature) !== block.thinking) {
        report(path, "Invalid `signature` in `thinking` block")
      }
      if (block.type === "redacted_thinking" && signedContent("claude-redacted", block.data) === undefined) {
        report(path, "Invalid `data` in `redacted_thinking` block")
      }
    })
  })
}

/** A turn that is under way, with results of tools as its last message, must have begun with thought. */
const checkTurnUnderWay = (body: Body, { report }: Findings): void => {
  if (body.thinking?.type !== "enabled") return
  const last = body.messages.length - 1
  const answered = body.messages[last]
  const calling = body.messages[last - 1]
  if (calling?.role !== "assistant" || typeof calling.content === "string") return
  if (answered === undefined || typeof answered.content === "string") return
  if (!answered.content.some(({ type }) => type === "tool_result")) return
  const first = calling.content[0]?.type
  if (first === "thinking" || first === "redacted_thinking") return
  report(
    ["messages", last - 1, "content", 0, "type"],
    `Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final ` +
      "`assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and " +
      "`tool_result` blocks). To avoid this requirement, disable `thinking`."
  )
}

/**
 * The rules of extended thinking.
 * Source: https://docs.claude.com/en/docs/build-with-claude/extended-thinking
 */
export const checkThinking = (body: Body, findings: Findings): void => {
  checkParameters(body, findings)
  checkSignatures(body, findings)
  checkTurnUnderWay(body, findings)
}
