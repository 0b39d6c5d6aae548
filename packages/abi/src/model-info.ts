import { trimSpace } from "./trim-space.ts"
import { goStruct } from "./wire/go-struct.ts"
import { StringList } from "./wire/list.ts"
import { nullable } from "./wire/nullable.ts"
import { Bool, Int, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** How a model's reasoning can be controlled. */
export const ThinkingSupport = goStruct({
  /** Smallest budget in tokens. */
  Min: Int,
  /** Largest budget in tokens. */
  Max: Int,
  /** Reasoning can be switched off. */
  ZeroAllowed: Bool,
  /** The model can choose its budget itself. */
  DynamicAllowed: Bool,
  /** Named levels, such as `low` and `high`. */
  Levels: StringList
})
/** How a model's reasoning can be controlled. */
export type ThinkingSupport = TypeOf<typeof ThinkingSupport>

/** One model, as plugins list it and as `thinking.apply` gets it. */
export const ModelInfo = goStruct({
  /** Name in API requests. */
  ID: Str,
  /** Usually `model`. */
  Object: Str,
  /** Unix seconds. */
  Created: Int,
  /** Owner that listings show. */
  OwnedBy: Str,
  /** Family. */
  Type: Str,
  DisplayName: Str,
  /** The provider's own name. */
  Name: Str,
  Version: Str,
  Description: Str,
  /** Tokens. */
  InputTokenLimit: Int,
  /** Tokens. */
  OutputTokenLimit: Int,
  SupportedGenerationMethods: StringList,
  /** Tokens. */
  ContextLength: Int,
  /** Tokens. */
  MaxCompletionTokens: Int,
  SupportedParameters: StringList,
  SupportedInputModalities: StringList,
  SupportedOutputModalities: StringList,
  /** Null: the model does not reason, or not by request. */
  Thinking: nullable(ThinkingSupport),
  /** Thinking settings pass without a check of their range. */
  UserDefined: Bool
})
/** One model. */
export type ModelInfo = TypeOf<typeof ModelInfo>

/** A plugin's models as a host takes them: IDs without white space at the ends, entries with a blank ID left out. */
export const usableModels = (models: ReadonlyArray<ModelInfo>): ReadonlyArray<ModelInfo> =>
  models.flatMap((model) => {
    const ID = trimSpace(model.ID)
    return ID === "" ? [] : [ID === model.ID ? model : { ...model, ID }]
  })
