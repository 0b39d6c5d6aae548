import { type ConversationView, emptyMessages, resultText } from "../conversation-view.ts"
import { dataUrl, fingerprint } from "../media.ts"
import type { JsonObject } from "../scenario.ts"
import type { ChatBody } from "./openai-body.ts"

type Message = ChatBody["messages"][number]

const textOf = (content: string | ReadonlyArray<{ readonly type: string; readonly text?: string }>): string =>
  typeof content === "string" ? content : content.map(({ text }) => text ?? "").join("\n")

/** Arguments as a model would read them; what is no object stays visible under `unread`. */
const readArguments = (json: string): JsonObject => {
  try {
    const read: unknown = JSON.parse(json)
    return typeof read === "object" && read !== null && !Array.isArray(read) ? { ...read } : { unread: json }
  } catch {
    return { unread: json }
  }
}

const viewMessages = (messages: ReadonlyArray<Message>) => {
  const view = emptyMessages()
  const names = new Map<string, string>()
  for (const message of messages) {
    if (message.role === "assistant") {
      if (message.content) view.assistantTexts.push(textOf(message.content))
      for (const { id, function: called } of message.tool_calls ?? []) {
        names.set(id, called.name)
        view.calls.push({ name: called.name, arguments: readArguments(called.arguments) })
      }
    } else if (message.role === "tool") {
      const name = names.get(message.tool_call_id) ?? ""
      view.results.push({ name, text: resultText(textOf(message.content)), isError: undefined, images: [] })
    } else if (message.role === "user") {
      const parts =
        typeof message.content === "string" ? [{ type: "text" as const, text: message.content }] : message.content
      for (const part of parts) {
        if (part.type === "text") view.userTexts.push(part.text)
        if (part.type === "image_url") view.images.push(fingerprint(dataUrl(part.image_url.url)?.data ?? ""))
        if (part.type === "file") view.files.push(dataUrl(part.file.file_data ?? "")?.mediaType ?? "uploaded")
        if (part.type === "input_audio") view.files.push(`audio/${part.input_audio.format}`)
      }
    }
  }
  return view
}

const choiceOf = (choice: ChatBody["tool_choice"]): string => {
  if (choice === undefined) return "auto"
  if (typeof choice === "string") return choice
  return choice.type === "function" ? choice.function.name : choice.allowed_tools.mode
}

/** What a chat request lets the model see. */
export const viewOfChat = (body: ChatBody): ConversationView => ({
  ...viewMessages(body.messages),
  model: body.model,
  stream: body.stream === true,
  system: body.messages
    .flatMap((message) => (message.role === "system" || message.role === "developer" ? [textOf(message.content)] : []))
    .join("\n"),
  tools: body.tools?.map(({ function: { name } }) => name) ?? [],
  toolChoice: choiceOf(body.tool_choice),
  parallelCalls: body.parallel_tool_calls !== false,
  wantsReasoning: (body.reasoning_effort ?? "none") !== "none",
  wantsJson: (body.response_format?.type ?? "text") !== "text",
  likeliestTokens: body.logprobs === true ? (body.top_logprobs ?? 0) : undefined,
  stop: typeof body.stop === "string" ? [body.stop] : (body.stop ?? []),
  maxTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined
})
