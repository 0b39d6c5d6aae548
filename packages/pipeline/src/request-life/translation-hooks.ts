import type { ModelInfo } from "@cliproxy/abi"
import { Effect } from "effect"

import { patchModel } from "../patch-model.ts"
import type { Translation } from "../plugin-executor/translation.ts"
import { splitThinkingSuffix } from "../thinking-suffix.ts"
import { convertRequest } from "./convert-request.ts"
import { convertResponse } from "./convert-response.ts"
import type { CallHook } from "./hook-calls.ts"
import type { HookDeadlines } from "./hook-deadlines.ts"
import { jsonObjectOf } from "./json-body.ts"
import { bufferOf } from "./request-interception.ts"
import type { RequestHooks } from "./request-hooks.ts"
import type { ThinkingAppliers } from "./think.ts"
import { thinkingConfigOf } from "./thinking-config.ts"

/** The host's own translators, by pair of protocols. */
export interface NativeTranslators {
  readonly request: (from: string, to: string) => ((body: Buffer) => Buffer) | undefined
  /** `from` is the upstream's protocol. Gives one body for a whole answer, any number of frames for a frame. */
  readonly response: (
    from: string,
    to: string,
    stream: boolean
  ) => ((body: Buffer) => ReadonlyArray<Buffer>) | undefined
}

/** What translations between protocols are made of. */
export interface TranslationParts {
  readonly callHook: CallHook
  readonly deadlines: HookDeadlines
  readonly hooks: RequestHooks
  readonly natives: NativeTranslators
  readonly thinking: ThinkingAppliers
  /** What is known of a model by its upstream name. */
  readonly modelInfo: (model: string) => ModelInfo | undefined
}

/** Translations for executors that do not speak the client's protocol: the host's own, the plugins' and their hooks. */
export const hookedTranslation = (parts: TranslationParts): Translation => {
  const { callHook, deadlines, hooks, natives, thinking, modelInfo } = parts
  return {
    conversions: {
      request: (from, to) => natives.request(from, to) !== undefined,
      requestByPlugin: hooks.requestTranslators.length > 0,
      // A plugin is only asked when there is an answer; that it can translate has to be believed.
      response: (from, to) => natives.response(from, to, false) !== undefined || hooks.responseTranslators.length > 0
    },
    request: ({ from, to, model, stream, body }) => {
      const conversion = { fromFormat: from, toFormat: to, model, stream, native: natives.request(from, to) }
      const named = from === to ? bufferOf(body) : withModel(bufferOf(body), splitThinkingSuffix(model).model)
      const converted = convertRequest(callHook, deadlines.convertMs, hooks, { ...conversion, body: named })
      if (!thinking.owns(to)) return converted
      const config = thinkingConfigOf(model, body)
      return config === undefined
        ? converted
        : Effect.flatMap(converted, (body) => thinking.think({ toFormat: to, model: modelInfo(model), config, body }))
    },
    response: ({ from, to, model, stream, originalRequest, translatedRequest, body }) => {
      const conversion = {
        fromFormat: from,
        toFormat: to,
        model,
        stream,
        originalRequest: bufferOf(originalRequest),
        translatedRequest: bufferOf(translatedRequest),
        native: natives.response(from, to, stream)
      }
      return convertResponse(callHook, deadlines.convertMs, hooks, conversion, bufferOf(body))
    }
  }
}

/** Translators find the upstream's model in the body. */
const withModel = (body: Buffer, model: string): Buffer => {
  const json = jsonObjectOf(body)
  return json === undefined ? body : patchModel(body, json["model"], model)
}
