/** What the demo provider needs of a chat request. Anything may be missing: the demo is forgiving. */
export interface DemoRequest {
  readonly model: string
  readonly stream: boolean
  readonly includeUsage: boolean
  /** Text of the last message. */
  readonly lastText: string
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

/** Text of a message's content, which is text or a list of parts. */
const textOf = (content: unknown): string => {
  if (typeof content === "string") return content
  if (!Array.isArray(content)) return ""
  return content
    .map((part: unknown) => (isRecord(part) && typeof part["text"] === "string" ? part["text"] : ""))
    .join("")
}

/** Picks what the demo needs out of a parsed body. */
export const readDemoRequest = (body: unknown): DemoRequest => {
  const fields = isRecord(body) ? body : {}
  const options = fields["stream_options"]
  const messages: ReadonlyArray<unknown> = Array.isArray(fields["messages"]) ? fields["messages"] : []
  const last = messages.at(-1)
  return {
    model: typeof fields["model"] === "string" ? fields["model"] : "demo",
    stream: fields["stream"] === true,
    includeUsage: isRecord(options) && options["include_usage"] === true,
    lastText: isRecord(last) ? textOf(last["content"]) : ""
  }
}

/** The demo's answer, in pieces as a model would emit them. It names the key that served it. */
export const demoTokens = (request: DemoRequest, key: string): ReadonlyArray<string> => {
  const said = request.lastText.trim().replace(/\s+/g, " ").slice(0, 200)
  const greeting = said === "" ? "Hello from the demo provider." : `You said "${said}". Hello from the demo provider.`
  return `${greeting} This answer was served by ${key}.`.split(/(?<= )/)
}

/** Token counts; the demo counts its own pieces and the words of the request. */
export const demoUsage = (request: DemoRequest, tokens: ReadonlyArray<string>) => {
  const prompt = request.lastText.split(/\s+/).filter((word) => word !== "").length
  return { prompt_tokens: prompt, completion_tokens: tokens.length, total_tokens: prompt + tokens.length }
}
