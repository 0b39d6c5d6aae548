import type { JsonObject } from "../../canonical/json.ts"
import { isReasoningLevel } from "../../canonical/reasoning.ts"
import { isObject, listOr, objectOr, textOr } from "../json-fields.ts"
import { carriedSignature } from "../signature-carrier.ts"
import { systemReminder } from "../system-reminder.ts"
import { bodyWithoutAttribution } from "./attribution.ts"
import { isCallId, makeCallIds } from "./call-ids.ts"
import { isClaudes } from "./citations.ts"
import { isThought } from "./encode-messages.ts"
import { rulesOfModel } from "./model-rules.ts"
import { lacksThought, withReasoning } from "./reasoning.ts"
import { isToolChange, toolsInEffect } from "./tool-changes.ts"

/**
 * A body of a Claude client that goes to Claude as it is, but for what other providers have left in its conversation, and
 * for what `model` is known to refuse: a client may have talked to others before, through this gateway, and knows models
 * by the names that they have here.
 *
 * - Thoughts that others signed, and calls that they signed (see `call-signature.ts`), go: Claude refuses what it cannot
 *   verify. So do thoughts that nobody signed, unless `model` is not Claude's: compatible endpoints may sign none.
 * - Citations of what others have found go (see `citations.ts`).
 * - IDs of calls that Claude would refuse are rewritten, in call and result alike.
 * - A budget is given up when calls under way do not begin with a thought, since another provider made them.
 * - Instructions between the messages become reminders, and thinking as the model likes becomes a budget, where the model
 *   is older than these. Claude Code writes both for every model whose name it does not know.
 * - What is for Anthropic's accounts alone (see `attribution.ts`) goes, unless `model` is Claude's.
 *
 * A body without such things comes back as it is, the same object.
 */
export const fitHistory = (given: JsonObject, model: string): JsonObject => {
  const needsSignature = model.toLowerCase().includes("claude")
  const body = needsSignature ? fitGeneration(given, model) : bodyWithoutAttribution(given)
  const messages = listOr(body["messages"])
  const ids = renamedIds(messages)
  const fitted = mapChanged(messages, (message) =>
    isObject(message) ? fitMessage(message, needsSignature, ids) : message
  )
  const thinks = objectOr(body["thinking"])["type"] === "enabled"
  if (thinks && lacksThought(fitted.filter(isObject))) {
    return { ...body, messages: fitted, thinking: { type: "disabled" } }
  }
  return fitted === messages ? body : { ...body, messages: fitted }
}

/**
 * The body without what came with a newer Claude than `model`. Thinking without an effort is a high one.
 * Source: platform.claude.com/docs/en/build-with-claude/adaptive-thinking
 */
const fitGeneration = (body: JsonObject, model: string): JsonObject => {
  const { systemTurns, thinking } = rulesOfModel(model)
  const messages = listOr(body["messages"])
  const reminded = systemTurns ? messages : mapChanged(messages, asReminder)
  const fitted = reminded === messages ? body : withTools({ ...body, messages: reminded }, toolsInEffect(body))
  const { display, type } = objectOr(body["thinking"])
  if (type !== "adaptive" || thinking === "adaptive" || thinking === "either") return fitted
  const effort = textOr(objectOr(body["output_config"])["effort"])
  const amount = { mode: "level", level: isReasoningLevel(effort) ? effort : "high" } as const
  const visible = display === undefined ? undefined : display !== "omitted"
  return { ...withReasoning({ ...fitted, model }, { amount, visible }), model: body["model"] }
}

const withTools = (body: JsonObject, tools: unknown): JsonObject =>
  tools === body["tools"] ? body : { ...body, tools }

/** Instructions between the messages, as words of the user that are marked; `undefined` when they hold none. */
const asReminder = (message: unknown): unknown => {
  if (!isObject(message) || message["role"] !== "system") return message
  const { content } = message
  if (typeof content === "string") return { role: "user", content: systemReminder(content) }
  const blocks = mapChanged(listOr(content), (block) => {
    if (isToolChange(block)) return undefined
    return isObject(block) && typeof block["text"] === "string"
      ? { ...block, text: systemReminder(block["text"]) }
      : block
  })
  return blocks.length === 0 ? undefined : { role: "user", content: blocks }
}

/** The list with each item replaced, or left out for `undefined`; the list itself when nothing has changed. */
const mapChanged = (list: ReadonlyArray<unknown>, replace: (item: unknown) => unknown): ReadonlyArray<unknown> => {
  let changed = false
  const replaced: Array<unknown> = []
  for (const item of list) {
    const next = replace(item)
    if (next !== item) changed = true
    if (next !== undefined) replaced.push(next)
  }
  return changed ? replaced : list
}

type NewIds = ReadonlyMap<string, string> | undefined

const fitMessage = (message: JsonObject, needsSignature: boolean, ids: NewIds): JsonObject | undefined => {
  const content = listOr(message["content"])
  const fitted = mapChanged(content, (block) => (isObject(block) ? fitBlock(block, needsSignature, ids) : block))
  if (fitted === content) return message
  return fitted.length === 0 ? undefined : { ...message, content: fitted }
}

const fitBlock = (block: JsonObject, needsSignature: boolean, ids: NewIds): JsonObject | undefined => {
  if (isThought(block)) {
    const proof = textOr(block["type"] === "thinking" ? block["signature"] : block["data"])
    if (proof === "") return needsSignature ? undefined : block
    return carriedSignature(proof, "claude").issuer === "claude" ? block : undefined
  }
  if (block["type"] === "text") return withoutForeignCitations(block)
  if (ids === undefined) return block
  const field = block["type"] === "tool_use" ? "id" : block["type"] === "tool_result" ? "tool_use_id" : undefined
  const id = field === undefined ? undefined : ids.get(textOr(block[field]))
  return id === undefined || field === undefined ? block : { ...block, [field]: id }
}

/** A text without the citations that others have made; the same object when there are none. */
const withoutForeignCitations = (block: JsonObject): JsonObject => {
  const { citations, ...others } = block
  const given = listOr(citations)
  const own = given.filter((citation) => isClaudes(objectOr(citation)))
  if (own.length === given.length) return block
  return own.length === 0 ? others : { ...others, citations: own }
}

/** New IDs for the calls whose IDs Claude does not take; `undefined` when there is none. */
const renamedIds = (messages: ReadonlyArray<unknown>): NewIds => {
  let odd: Set<string> | undefined
  const ids = makeCallIds()
  for (const message of messages) {
    if (!isObject(message) || message["role"] !== "assistant") continue
    for (const block of listOr(message["content"])) {
      if (!isObject(block) || block["type"] !== "tool_use" || typeof block["id"] !== "string") continue
      if (isCallId(block["id"])) ids.take(block["id"])
      else (odd ??= new Set()).add(block["id"])
    }
  }
  return odd === undefined ? undefined : new Map([...odd].map((id) => [id, ids.free(id)]))
}
