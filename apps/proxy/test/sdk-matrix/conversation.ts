import {
  CLOCK_TOOL,
  PHOTO_ARGUMENTS,
  PHOTO_TOOL,
  PREAMBLE,
  recap,
  thoughtOf,
  usageOf,
  WEATHER_ARGUMENTS,
  WEATHER_TOOL
} from "../provider-simulators/answer-like-a-model.ts"
import { fingerprint } from "../provider-simulators/media.ts"
import type { AnswerUsage } from "../provider-simulators/scenario.ts"
import type { Client, SessionOptions, Target, ToolAnswer, ToolDeclaration, Turn } from "./client.ts"
import { squarePng } from "./png.ts"

/** Instructions with what must not be lost: quotes, lines, non-ASCII. */
export const SYSTEM = 'You are a "weather" clerk.\nThe code word is Käsefondue 🫕.'

/** What the person shows. */
export const USER_IMAGE = squarePng(8, [200, 30, 30])
/** What a tool shows. */
export const TOOL_IMAGE = squarePng(16, [30, 30, 200])

const QUESTION = "Was zeigt das Bild, und wie wird das Wetter? 天気は？"
const FOLLOW_UP = "Danke! Was hast du alles gesehen?"
const WEATHER_RESULT = "21 °C, Föhn 🌬️, 晴れ"
const PHOTO_RESULT = 'A photo of <föhn> & "clouds"'
const CLOCK_RESULT = "時計が壊れた: no clock here ⏰"

/** Tools whose schemas use what JSON Schema has and not every provider takes. */
export const TOOLS: ReadonlyArray<ToolDeclaration> = [
  {
    name: WEATHER_TOOL,
    description: "Tells the weather. Für alle Orte.",
    schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: {
        city: { type: "string", minLength: 1, description: "Where" },
        days: { type: "integer", exclusiveMinimum: 0, maximum: 14 },
        place: {
          type: "object",
          properties: { latitude: { type: "number" }, tags: { type: "array", items: { type: "string" } } },
          required: ["latitude"],
          additionalProperties: false
        },
        detailed: { type: ["boolean", "null"] },
        unit: { type: "string", enum: ["metric", "imperial"] }
      },
      required: ["city"],
      additionalProperties: false
    }
  },
  {
    name: PHOTO_TOOL,
    description: "Shows a photo.",
    schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] }
  },
  { name: CLOCK_TOOL, description: "Tells the time.", schema: { type: "object", properties: {} } }
]

/**
 * Plays the conversation: a question with an image, two tools at once, a third tool that fails, the answer, and one more
 * question. Gives the model's four turns. `models`, when given, take turns.
 */
export const playConversation = async (
  client: Client,
  target: Target,
  options: SessionOptions,
  models: ReadonlyArray<string> = [target.model]
): Promise<ReadonlyArray<Turn>> => {
  const current = { ...target }
  const session = client.open(current, { system: SYSTEM, tools: TOOLS, ...options })
  const goTo = (turn: number) => {
    current.model = models[turn % models.length] ?? target.model
    return session
  }
  const asked = await goTo(0).say({ text: QUESTION, image: USER_IMAGE })
  const photo: ToolAnswer = { text: PHOTO_RESULT, ...(client.imagesInResults ? { image: TOOL_IMAGE } : {}) }
  const checked = await goTo(1).answer([{ text: WEATHER_RESULT }, photo])
  const answered = await goTo(2).answer([{ text: CLOCK_RESULT, isError: true }])
  const followed = await goTo(3).say({ text: FOLLOW_UP })
  return [asked, checked, answered, followed]
}

/** A turn as it must be, but for IDs and words of the protocol. */
export interface ExpectedTurn {
  readonly text: string
  readonly reasoning: string
  readonly calls: ReadonlyArray<{ readonly name: string; readonly arguments: unknown }>
  readonly usage: AnswerUsage
}

/** Every turn's content, whatever protocols are between the client and the model. */
export const expectedTurns = (imagesInResults: boolean, reasoning: boolean): ReadonlyArray<ExpectedTurn> => {
  const calls = [
    { name: WEATHER_TOOL, arguments: WEATHER_ARGUMENTS },
    { name: PHOTO_TOOL, arguments: PHOTO_ARGUMENTS },
    { name: CLOCK_TOOL, arguments: {} }
  ]
  const results = [
    { name: WEATHER_TOOL, text: WEATHER_RESULT, isError: false, images: [] },
    { name: PHOTO_TOOL, text: PHOTO_RESULT, isError: false, images: [] },
    { name: CLOCK_TOOL, text: CLOCK_RESULT, isError: true, images: [] }
  ]
  const images = [USER_IMAGE, ...(imagesInResults ? [TOOL_IMAGE] : [])].map(fingerprint)
  const seen = { system: SYSTEM, userTexts: [QUESTION], assistantTexts: [PREAMBLE], images, calls, results }
  const answer = recap(seen)
  const followUp = recap({
    ...seen,
    userTexts: [QUESTION, FOLLOW_UP],
    assistantTexts: [PREAMBLE, answer]
  })
  const turn = (text: string, made: number, called: ExpectedTurn["calls"]): ExpectedTurn => {
    const before = { calls: calls.slice(0, made), wantsReasoning: reasoning }
    return { text, reasoning: reasoning ? thoughtOf(before) : "", calls: called, usage: usageOf(before) }
  }
  return [turn(PREAMBLE, 0, calls.slice(0, 2)), turn("", 2, calls.slice(2)), turn(answer, 3, []), turn(followUp, 3, [])]
}
