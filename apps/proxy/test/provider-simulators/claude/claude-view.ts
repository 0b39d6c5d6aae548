import { type ConversationView, emptyMessages, resultText, type ViewedMessages } from "../conversation-view.ts"
import { fingerprint } from "../media.ts"
import type { MessagesBody } from "./claude-body.ts"

type Message = MessagesBody["messages"][number]
type Block = Exclude<Message["content"], string>[number]

const viewMedia = (block: Block | { readonly type: string }, view: ViewedMessages): string | undefined => {
  if (!("source" in block)) return undefined
  const { source } = block
  const seen = source.type === "base64" ? fingerprint(source.data) : source.type
  if (block.type === "image") view.images.push(seen)
  else view.files.push("media_type" in source ? source.media_type : source.type)
  return block.type === "image" ? seen : undefined
}

const viewResult = (block: Extract<Block, { type: "tool_result" }>, name: string, view: ViewedMessages): void => {
  const content =
    typeof block.content === "object" ? block.content : [{ type: "text" as const, text: block.content ?? "" }]
  view.results.push({
    name,
    text: resultText(content.map((part) => (part.type === "text" ? part.text : "")).join("")),
    isError: block.is_error === true,
    images: content.flatMap((part) => viewMedia(part, view) ?? [])
  })
}

const viewMessages = (messages: ReadonlyArray<Message>): ViewedMessages => {
  const view = emptyMessages()
  const names = new Map<string, string>()
  for (const { role, content } of messages) {
    const texts = role === "user" ? view.userTexts : view.assistantTexts
    const blocks: ReadonlyArray<Block> = typeof content === "string" ? [{ type: "text", text: content }] : content
    for (const block of blocks) {
      if (block.type === "text") texts.push(block.text)
      if (block.type === "tool_use") {
        names.set(block.id, block.name)
        view.calls.push({ name: block.name, arguments: block.input })
      }
      if (block.type === "tool_result") viewResult(block, names.get(block.tool_use_id) ?? "", view)
      if (block.type === "image" || block.type === "document") viewMedia(block, view)
    }
  }
  return view
}

const CHOICES = { auto: "auto", any: "required", none: "none" } as const

/** What a request lets the model see. */
export const viewOfMessages = (body: MessagesBody): ConversationView => ({
  ...viewMessages(body.messages),
  model: body.model,
  stream: body.stream === true,
  system: typeof body.system === "object" ? body.system.map(({ text }) => text).join("\n") : (body.system ?? ""),
  tools: body.tools?.map(({ name }) => name) ?? [],
  toolChoice:
    body.tool_choice === undefined
      ? "auto"
      : body.tool_choice.type === "tool"
        ? body.tool_choice.name
        : CHOICES[body.tool_choice.type],
  parallelCalls: !(
    body.tool_choice !== undefined &&
    "disable_parallel_tool_use" in body.tool_choice &&
    body.tool_choice.disable_parallel_tool_use === true
  ),
  wantsReasoning: (body.thinking?.type ?? "disabled") !== "disabled",
  likeliestTokens: undefined,
  wantsJson: body.output_config?.format != null,
  stop: body.stop_sequences ?? [],
  maxTokens: body.max_tokens
})
