import type { ConversationView } from "./conversation-view.ts"
import type { Answer, AnswerPart, AnswerUsage, JsonObject } from "./scenario.ts"

/** The tool that the simulated model asks for the weather, when it is given one of this name. */
export const WEATHER_TOOL = "get_weather"
/** The tool that it asks for a photo, together with the weather. */
export const PHOTO_TOOL = "read_photo"
/** The tool that it asks for the time, alone and without arguments. */
export const CLOCK_TOOL = "get_time"

/** What it asks of the weather. Non-ASCII, surrogate pairs, nested and escaped: arguments must come through as they are. */
export const WEATHER_ARGUMENTS = {
  city: "Zürich 🏔️",
  days: 3,
  place: { latitude: 47.37, tags: ["see", 'berge\n"hoch"'] },
  detailed: true
} as const
/** What it asks of the photo. */
export const PHOTO_ARGUMENTS = { path: "C:\\bilder\\föhn.png" } as const

/** What it says when it calls the first two. */
export const PREAMBLE = "Let me look at both — einen Moment, 少々お待ちください 👀."

/** What it thinks when it is asked to think. */
export const thoughtOf = (view: Pick<ConversationView, "calls">): string =>
  `Step ${view.calls.length + 1}: think about the façade 🧠 first.`

/** Usage grows with the conversation, so that one turn's numbers cannot pass for another's. */
export const usageOf = (view: Pick<ConversationView, "calls" | "wantsReasoning">): AnswerUsage => ({
  input: 200 + 50 * view.calls.length,
  cacheRead: 40,
  cacheWrite: 8,
  output: 60 + view.calls.length,
  reasoning: view.wantsReasoning ? 25 : 0
})

/** An object with its fields in the order of their names, at every depth. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)])
  )
}

/**
 * Everything that the model was shown, in words: whoever gets this text knows what arrived. Questions are user texts
 * with a question mark: what a gateway adds to a conversation of its own accord is not repeated.
 */
export const recap = (
  view: Pick<ConversationView, "system" | "userTexts" | "assistantTexts" | "images" | "calls" | "results">
): string =>
  [
    `Instructions: ${view.system}`,
    ...view.userTexts.filter((text) => text.includes("?")).map((text) => `You asked: ${text}`),
    `Images: ${view.images.join(", ") || "none"}`,
    ...view.assistantTexts.map((text) => `I said: ${text.split("\n")[0]}`),
    ...view.calls.map(({ name, arguments: given }) => `I called ${name} with ${JSON.stringify(sorted(given))}`),
    ...view.results.map(({ name, text }) => `${name} answered: ${text}`)
  ].join("\n")

const call = (name: string, given: JsonObject): AnswerPart => ({ type: "tool_call", name, arguments: given })

const nextParts = (view: ConversationView): ReadonlyArray<AnswerPart> => {
  const knows = (name: string) => view.tools.includes(name)
  if (view.toolChoice === "none") return [{ type: "text", text: recap(view) }]
  // What some SDKs make of a schema for the answer, where they do not know a model that takes one.
  if (view.toolChoice !== "auto" && knows("json")) return [call("json", { city: "Zürich", recap: recap(view) })]
  if (knows(view.toolChoice)) return [call(view.toolChoice, {})]
  if (view.calls.length === 0 && knows(WEATHER_TOOL) && knows(PHOTO_TOOL)) {
    const calls = [call(WEATHER_TOOL, WEATHER_ARGUMENTS), call(PHOTO_TOOL, PHOTO_ARGUMENTS)]
    return [{ type: "text", text: PREAMBLE }, ...(view.parallelCalls ? calls : calls.slice(0, 1))]
  }
  if (view.calls.length === 2 && knows(CLOCK_TOOL)) return [call(CLOCK_TOOL, {})]
  if (view.toolChoice === "required") return [call(view.tools[0] ?? "", {})]
  if (view.wantsJson) return [{ type: "text", text: JSON.stringify({ city: "Zürich", recap: recap(view) }) }]
  return [{ type: "text", text: recap(view) }]
}

/**
 * What a model would do: it calls two tools at once, then a third without arguments, then it answers with all that it
 * has been shown. A gateway that loses or alters something on the way cannot get the expected text.
 */
export const answerLikeAModel = (view: ConversationView): Answer => {
  const parts = nextParts(view)
  const thought: ReadonlyArray<AnswerPart> = view.wantsReasoning ? [{ type: "reasoning", text: thoughtOf(view) }] : []
  return {
    parts: [...thought, ...parts],
    stop: parts.some(({ type }) => type === "tool_call") ? "tool_calls" : "stop",
    usage: usageOf(view)
  }
}
