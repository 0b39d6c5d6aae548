import type { Extensions } from "./extensions.ts"
import type { JsonObject } from "./json.ts"
import type { CacheMark } from "./part.ts"

/** A function that the client runs. */
export interface FunctionTool {
  readonly type: "function"
  readonly name: string
  readonly description?: string | undefined
  /** JSON Schema of the arguments; left out for none. */
  readonly parameters?: JsonObject | undefined
  /** Whether the arguments must match the schema exactly. */
  readonly strict?: boolean | undefined
  readonly cache?: CacheMark | undefined
  readonly extensions?: Extensions | undefined
}

/** A tool that only `protocol`'s provider runs, such as its web search. Dropped elsewhere. */
export interface ForeignTool {
  readonly type: "foreign"
  readonly protocol: Extensions["protocol"]
  readonly value: JsonObject
}

export type Tool = FunctionTool | ForeignTool

/** Whether, and which, tool the model must call. */
export type ToolChoice =
  | { readonly type: "auto" }
  | { readonly type: "none" }
  /** At least one, whichever. */
  | { readonly type: "required" }
  | { readonly type: "tool"; readonly name: string }
  /** Of these alone; `required` says whether one must be. Source: OpenAI `allowed_tools`, Gemini `allowedFunctionNames`. */
  | { readonly type: "allowed"; readonly names: ReadonlyArray<string>; readonly required: boolean }
