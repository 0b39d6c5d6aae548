import { decodePath } from "./exchange.ts"

/** A model and what is to be done with it, as Gemini's paths have them. */
export interface GeminiAction {
  readonly model: string
  /** Such as `generateContent`; what nobody knows, too. */
  readonly action: string
}

/** `models/{model}:{action}` under the versions of the API that SDKs use. A model's name may hold slashes and colons. */
const actionPath = /^\/v1(?:beta)?\/models\/(.+):([^:/]*)$/s

/**
 * Reads the path of an action on a model; `undefined` for any other path. A model that is named as a resource,
 * `models/{model}`, loses that part. Source: https://ai.google.dev/api/generate-content.
 */
export const geminiAction = (path: string): GeminiAction | undefined => {
  const [, encoded, action] = actionPath.exec(path) ?? []
  if (encoded === undefined || action === undefined) return undefined
  return { model: withoutCollection(decodePath(encoded)), action: decodePath(action) }
}

/** A model's name without the name of its collection, which Gemini's resource names begin with. */
export const withoutCollection = (name: string): string => name.replace(/^models\//, "")
