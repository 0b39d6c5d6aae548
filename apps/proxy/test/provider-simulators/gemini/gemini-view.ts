import { type ConversationView, emptyMessages, resultText, type ViewedMessages } from "../conversation-view.ts"
import { fingerprint } from "../media.ts"
import type { GenerateBody } from "./gemini-body.ts"
import { type Turn, turnsOf } from "./gemini-turns.ts"

type Part = GenerateBody["contents"][number]["parts"][number]

const viewBlob = (blob: { readonly mimeType: string; readonly data: string }, view: ViewedMessages): string => {
  const seen = fingerprint(blob.data)
  if (blob.mimeType.startsWith("image/")) view.images.push(seen)
  else view.files.push(blob.mimeType)
  return seen
}

const viewPart = (part: Part, view: ViewedMessages): void => {
  if (part.inlineData !== undefined) viewBlob(part.inlineData, view)
  if (part.fileData !== undefined) view.files.push(part.fileData.mimeType ?? "uploaded")
  if (part.functionCall !== undefined) {
    view.calls.push({ name: part.functionCall.name, arguments: part.functionCall.args ?? {} })
  }
  if (part.functionResponse !== undefined) {
    const { name, response, parts = [] } = part.functionResponse
    view.results.push({
      name,
      text: resultText(response),
      isError: "error" in response,
      images: parts.map(({ inlineData }) => viewBlob(inlineData, view))
    })
  }
}

/** Texts with nothing between them: a model's come back in the pieces in which they were streamed. */
const textsOf = ({ role, parts }: Turn): ReadonlyArray<string> => {
  const said = parts.filter(({ text, thought }) => text !== undefined && text !== "" && thought !== true)
  const texts = said.map(({ text = "" }) => text)
  return role === "model" && texts.length > 0 ? [texts.join("")] : texts
}

const viewTurns = (turns: ReadonlyArray<Turn>): ViewedMessages => {
  const view = emptyMessages()
  for (const turn of turns) {
    const texts = turn.role === "model" ? view.assistantTexts : view.userTexts
    texts.push(...textsOf(turn))
    for (const part of turn.parts) viewPart(part, view)
  }
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
  ...viewTurns(turnsOf(body.contents)),
  model,
  stream,
  system: body.systemInstruction?.parts.map(({ text }) => text ?? "").join("\n") ?? "",
  tools: body.tools?.flatMap(({ functionDeclarations = [] }) => functionDeclarations.map(({ name }) => name)) ?? [],
  toolChoice: choiceOf(body),
  parallelCalls: true,
  wantsReasoning: body.generationConfig?.thinkingConfig?.includeThoughts === true,
  wantsJson: body.generationConfig?.responseMimeType === "application/json",
  likeliestTokens: body.generationConfig?.responseLogprobs === true ? (body.generationConfig.logprobs ?? 0) : undefined,
  stop: body.generationConfig?.stopSequences ?? [],
  maxTokens: body.generationConfig?.maxOutputTokens
})
