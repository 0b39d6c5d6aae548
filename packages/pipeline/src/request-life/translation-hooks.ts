import type { ModelInfo } from "@cliproxy/abi"
import { Clock, Effect } from "effect"

import { patchModel } from "../wire/patch-model.ts"
import type { Translation } from "../plugin-executor/translation.ts"
import { splitThinkingSuffix } from "../models/thinking-suffix.ts"
import { hasNativeAnswer, nativeAnswer } from "../translate/native-answer.ts"
import { contextOfRequest, hasNativeRequest, translateRequest } from "../translate/translate-request.ts"
import { convertRequest } from "./convert-request.ts"
import { convertEnd, convertResponse, type ResponseConversion } from "./convert-response.ts"
import type { CallHook } from "./hook-calls.ts"
import type { HookDeadlines } from "./hook-deadlines.ts"
import { jsonObjectOf } from "./json-body.ts"
import { bufferOf } from "./request-interception.ts"
import type { RequestHooks } from "./request-hooks.ts"
import type { ThinkingAppliers } from "./think.ts"
import { thinkingConfigOf } from "./thinking-config.ts"

/** What translations between protocols are made of. */
export interface TranslationParts {
  readonly callHook: CallHook
  readonly deadlines: HookDeadlines
  readonly hooks: RequestHooks
  readonly thinking: ThinkingAppliers
  /** What is known of a model by its upstream name. */
  readonly modelInfo: (model: string) => ModelInfo | undefined
}

/** Translations for executors that do not speak the client's protocol: the host's own, the plugins' and their hooks. */
export const hookedTranslation = (parts: TranslationParts): Translation => {
  const { callHook, deadlines, hooks, thinking, modelInfo } = parts
  return {
    conversions: {
      request: hasNativeRequest,
      requestByPlugin: hooks.requestTranslators.length > 0,
      // A plugin is only asked when there is an answer; that it can translate has to be believed.
      response: (from, to) => hasNativeAnswer(from, to) || hooks.responseTranslators.length > 0
    },
    request: Effect.fnUntraced(function* ({ from, to, model, stream, body, countTokens }) {
      const given = bufferOf(body)
      const now = yield* Clock.currentTimeMillis
      const opening = translateRequest({ from, to, model, stream, body: given, countTokens, now })
      const opened = opening === undefined ? undefined : yield* Effect.fromResult(opening)
      const converted = yield* convertRequest(callHook, deadlines.convertMs, hooks, {
        fromFormat: from,
        toFormat: to,
        model,
        stream,
        body: opened?.body ?? (from === to ? given : withModel(given, splitThinkingSuffix(model).model)),
        translated: opened !== undefined || (from === to && hasNativeRequest(from, to))
      })
      const config = thinking.owns(to) ? thinkingConfigOf(model, from, body) : undefined
      const thought =
        config === undefined
          ? converted
          : yield* thinking.think({ toFormat: to, model: modelInfo(model), config, body: converted })
      return { body: thought, context: opened?.context }
    }),
    response: ({ from, to, model, stream, originalRequest, translated }) => {
      const given = bufferOf(originalRequest)
      const conversion: ResponseConversion = {
        fromFormat: from,
        toFormat: to,
        model,
        stream,
        originalRequest: given,
        translatedRequest: bufferOf(translated.body),
        native: nativeAnswer(
          from,
          to,
          stream,
          () => translated.context ?? contextOfRequest({ from: to, model, stream, body: given, now: Date.now() })
        )
      }
      return {
        push: (body) => convertResponse(callHook, deadlines.convertMs, hooks, conversion, bufferOf(body)),
        end: convertEnd(callHook, deadlines.convertMs, hooks, conversion)
      }
    }
  }
}

/** Translators find the upstream's model in the body. */
const withModel = (body: Buffer, model: string): Buffer => {
  const json = jsonObjectOf(body)
  return json === undefined ? body : patchModel(body, json["model"], model)
}
