import type { ReasoningLevel } from "../../canonical/reasoning.ts"

/** How a model is told how much to think. */
export type ThinkingForm =
  | { readonly form: "level"; readonly levels: ReadonlyArray<ReasoningLevel> }
  /** A budget in tokens from `least` to `most`; `canStop` says that 0 turns thinking off. */
  | { readonly form: "budget"; readonly least: number; readonly most: number; readonly canStop: boolean }
  /** It does not think, and refuses to be asked. */
  | { readonly form: "none" }
  /** Of a name that says nothing: what is asked is passed on. */
  | { readonly form: "unknown" }

/** What models of a name can do. Google's models differ by generation in what they accept. */
export interface ModelFeatures {
  readonly thinking: ThinkingForm
  /** Whether a function call in the current turn is refused without a thought signature. */
  readonly signedCalls: boolean
  /** Whether a function response may hold media in `parts`. */
  readonly mediaInResponses: boolean
  /** Whether an answer's JSON form may be set along with functions. */
  readonly jsonWithFunctions: boolean
  /** Whether presence and frequency penalties are accepted. */
  readonly penalties: boolean
  /** Most that `maxOutputTokens` may be; `undefined` when not known. */
  readonly maxOutputTokens: number | undefined
}

const OTHER: ModelFeatures = {
  thinking: { form: "unknown" },
  signedCalls: false,
  mediaInResponses: false,
  jsonWithFunctions: true,
  penalties: true,
  maxOutputTokens: undefined
}

/**
 * Features by the model's name. A Gemini model without a number (`gemini-flash-latest`) counts as one of the newest
 * generation; a name that is no Gemini model's has what nobody refuses.
 *
 * Sources: https://ai.google.dev/gemini-api/docs/thinking, https://ai.google.dev/gemini-api/docs/thought-signatures,
 * https://ai.google.dev/gemini-api/docs/function-calling, https://ai.google.dev/gemini-api/docs/structured-output
 */
export const modelFeatures = (model: string): ModelFeatures => {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase()
  if (!name.startsWith("gemini-")) return OTHER
  const [, major, minor] = /^gemini-(\d+)(?:\.(\d+))?/.exec(name) ?? []
  const generation = major === undefined ? Infinity : Number(`${major}.${minor ?? 0}`)
  const third = generation >= 3
  return {
    thinking: thinkingForm(name, generation),
    signedCalls: third && !name.includes("image"),
    mediaInResponses: third,
    jsonWithFunctions: third,
    penalties: third || generation < 2.5,
    maxOutputTokens: generation >= 2.5 ? 65_536 : 8192
  }
}

const thinkingForm = (name: string, generation: number): ThinkingForm => {
  if (generation < 2.5 || name.includes("-tts")) return { form: "none" }
  if (generation >= 3) {
    if (name.includes("pro-image")) return { form: "budget", least: 128, most: 32_768, canStop: false }
    return { form: "level", levels: canBeMinimal(name, generation) ? FOUR_LEVELS : THREE_LEVELS }
  }
  if (name.includes("image")) return { form: "none" }
  if (name.includes("pro")) return { form: "budget", least: 128, most: 32_768, canStop: false }
  return { form: "budget", least: name.includes("lite") ? 512 : 1, most: 24_576, canStop: true }
}

const THREE_LEVELS: ReadonlyArray<ReasoningLevel> = ["low", "medium", "high"]
const FOUR_LEVELS: ReadonlyArray<ReasoningLevel> = ["minimal", ...THREE_LEVELS]

/** Pro models never knew `minimal`; Flash models have given it up with 3.7. */
const canBeMinimal = (name: string, generation: number): boolean =>
  name.includes("flash") && (name.includes("lite") || generation < 3.7)
