import { type ConversationView, emptyMessages, textOfResponse, type ViewedMessages } from "../conversation-view.ts"
import { fingerprint } from "../media.ts"
import type { GenerateBody } from "./gemini-body.ts"

type Part = GenerateBody["contents"][number]["parts"][number]

const viewBlob = (blob: { readonly mimeType: string; readonly data: string }, view: ViewedMessages): string => {
  const seen = fingerprint(blob.data)
  if (blob.mimeType.startsWith("image/")) view.images.push(seen)
  else view.files.push(blob.mimeType)
  return seen
}

const viewPart = (part: Part, role: string, view: ViewedMessages): void => {
  if (part.text !== undefined && part.thought !== true && part.text !== "") {
    const texts = role === "model" ? view.assistantTexts : view.userTexts
    texts.push(part.text)
  }
  if (part.inlineData !== undefined) viewBlob(part.inlineData, view)
  if (part.fileData !== undefined) view.files.push(part.fileData.mimeType ?? "uploaded")
  if (part.functionCall !== undefined) {
    view.calls.push({ name: part.functionCall.name, arguments: part.functionCall.args ?? {} })
  }
  if (part.functionResponse !== undefined) {
    const { name, response, parts = [] } = part.functionResponse
    view.results.push({
      name,
      text: textOfResponse(response),
      isError: "error" in response,
      images: parts.map(({ inlineData }) => viewBlob(inlineData, view))
    })
  }
}

const viewContents = (contents: GenerateBody["contents"]): ViewedMessages => {
  const view = emptyMessages()
  for (const { role = "user", parts } of contents) for (const part of parts) viewPart(part, role, view)
  return view
}

const choiceOf = ({ toolConfig }: GenerateBody): string => {
  const { mode = "AUTO", allowedFunctionNames: [only, ...more] = [] } = toolConfig?.functionCallingConfig ?? {}
  if (mode === "NONE") return "none"
  if (mode !== "ANY") return "auto"
  return only !== undefined && more.length === 0 ? only : "required"
}

/** What a request lets the model see. */
export const viewOfGenerate = (body: GenerateBody, model: string, stream: boolean): ConversationView => ({
  ...viewContents(body.contents),
  model,
  stream,
  system: body.systemInstruction?.parts.map(({ text }) => text ?? "").join("\n") ?? "",
  tools: body.tools?.flatMap(({ functionDeclarations = [] }) => functionDeclarations.map(({ name }) => name)) ?? [],
  toolChoice: choiceOf(body),
  parallelCalls: true,
  wantsReasoning: body.generationConfig?.thinkingConfig?.includeThoughts === true,
  wantsJson: body.generationConfig?.responseMimeType === "application/json",
  stop: body.generationConfig?.stopSequences ?? [],
  maxTokens: body.generationConfig?.maxOutputTokens
})
