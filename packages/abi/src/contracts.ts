import type { Result } from "effect"
import { authIdentifier, authLoginPoll, authLoginStart, authParse, authRefresh } from "./auth.ts"
import { commandLineExecute, commandLineRegister } from "./command-line.ts"
import {
  executorCountTokens,
  executorExecute,
  executorExecuteStream,
  executorHttpRequest,
  executorIdentifier
} from "./executor.ts"
import { frontendAuthAuthenticate, frontendAuthIdentifier } from "./frontend-auth.ts"
import { hostAffinityLookup } from "./host-affinity.ts"
import { hostAuthGet, hostAuthGetRuntime, hostAuthList, hostAuthSave } from "./host-auth.ts"
import {
  hostHttpCancel,
  hostHttpDo,
  hostHttpDoStream,
  hostHttpOperationOpen,
  hostHttpStreamClose,
  hostHttpStreamRead
} from "./host-http.ts"
import { hostLog } from "./host-log.ts"
import { hostModelExecute, hostModelExecuteStream, hostModelStreamClose, hostModelStreamRead } from "./host-model.ts"
import { hostRoutingResetCooldown } from "./host-routing.ts"
import { hostStreamClose, hostStreamEmit } from "./host-stream.ts"
import { pluginQuiesce, pluginReconfigure, pluginRegister } from "./lifecycle.ts"
import { managementHandle, managementRegister } from "./management.ts"
import type { HostMethod, PluginMethod } from "./methods.ts"
import { modelRoute } from "./model-route.ts"
import { modelForAuth, modelRegister, modelStatic } from "./model.ts"
import { quotaDescribe, quotaFetch, quotaIdentifier, quotaReset } from "./quota.ts"
import { requestComplete } from "./request-complete.ts"
import { requestInterceptAfter, requestInterceptBefore } from "./request-interceptor.ts"
import { requestNormalize, requestTranslate } from "./request-translation.ts"
import { responseInterceptAfter, responseInterceptStreamChunk } from "./response-interceptor.ts"
import { responseNormalizeAfter, responseNormalizeBefore, responseTranslate } from "./response-translation.ts"
import { schedulerPick } from "./scheduler-pick.ts"
import { thinkingApply, thinkingIdentifier } from "./thinking.ts"
import { usageHandle } from "./usage.ts"
import { websocketResponseEvent } from "./websocket-observer.ts"
import type { WireError } from "./wire-error.ts"
import type { AnyKind } from "./wire/wire-kind.ts"

/** Methods that have messages: all but the reserved `plugin.shutdown`. */
export type ContractMethod = Exclude<PluginMethod | HostMethod, "plugin.shutdown">

/** A contract of any method, for tools that find it by name. Writers take what the readers of the same contract gave. */
export interface AnyContract {
  readonly method: ContractMethod
  readonly request: AnyKind
  readonly result: AnyKind
  readonly encodeRequest: (request: never) => Uint8Array
  readonly decodeRequest: (value: unknown) => Result.Result<unknown, WireError>
  readonly parseRequest: (bytes: Uint8Array) => Result.Result<unknown, WireError>
  readonly encodeResult: (result: never) => unknown
  readonly decodeResult: (value: unknown) => Result.Result<unknown, WireError>
}

/** The contract of every method, by name, in the order of the method table. */
export const contracts = {
  "plugin.register": pluginRegister,
  "plugin.reconfigure": pluginReconfigure,
  "plugin.quiesce": pluginQuiesce,
  "model.register": modelRegister,
  "model.static": modelStatic,
  "model.for_auth": modelForAuth,
  "auth.identifier": authIdentifier,
  "auth.parse": authParse,
  "auth.login.start": authLoginStart,
  "auth.login.poll": authLoginPoll,
  "auth.refresh": authRefresh,
  "frontend_auth.identifier": frontendAuthIdentifier,
  "frontend_auth.authenticate": frontendAuthAuthenticate,
  "scheduler.pick": schedulerPick,
  "model.route": modelRoute,
  "executor.identifier": executorIdentifier,
  "executor.execute": executorExecute,
  "executor.execute_stream": executorExecuteStream,
  "executor.count_tokens": executorCountTokens,
  "executor.http_request": executorHttpRequest,
  "request.translate": requestTranslate,
  "request.normalize": requestNormalize,
  "request.intercept_before": requestInterceptBefore,
  "request.intercept_after": requestInterceptAfter,
  "request.complete": requestComplete,
  "response.translate": responseTranslate,
  "response.normalize_before": responseNormalizeBefore,
  "response.normalize_after": responseNormalizeAfter,
  "response.intercept_after": responseInterceptAfter,
  "response.intercept_stream_chunk": responseInterceptStreamChunk,
  "websocket.response_event": websocketResponseEvent,
  "thinking.identifier": thinkingIdentifier,
  "thinking.apply": thinkingApply,
  "usage.handle": usageHandle,
  "command_line.register": commandLineRegister,
  "command_line.execute": commandLineExecute,
  "management.register": managementRegister,
  "management.handle": managementHandle,
  "quota.identifier": quotaIdentifier,
  "quota.describe": quotaDescribe,
  "quota.fetch": quotaFetch,
  "quota.reset": quotaReset,
  "host.http.do": hostHttpDo,
  "host.http.do_stream": hostHttpDoStream,
  "host.http.operation_open": hostHttpOperationOpen,
  "host.http.cancel": hostHttpCancel,
  "host.http.stream_read": hostHttpStreamRead,
  "host.http.stream_close": hostHttpStreamClose,
  "host.stream.emit": hostStreamEmit,
  "host.stream.close": hostStreamClose,
  "host.log": hostLog,
  "host.model.execute": hostModelExecute,
  "host.model.execute_stream": hostModelExecuteStream,
  "host.model.stream_read": hostModelStreamRead,
  "host.model.stream_close": hostModelStreamClose,
  "host.auth.list": hostAuthList,
  "host.auth.get": hostAuthGet,
  "host.auth.get_runtime": hostAuthGetRuntime,
  "host.auth.save": hostAuthSave,
  "host.affinity.lookup": hostAffinityLookup,
  "host.routing.reset_cooldown": hostRoutingResetCooldown
} as const satisfies { readonly [Method in ContractMethod]: AnyContract & { readonly method: Method } }

/** The contract of a method, or `undefined` when no method with messages has that name. */
export const contractOf = (method: string): AnyContract | undefined => byName.get(method)

const byName: ReadonlyMap<string, AnyContract> = new Map(Object.entries(contracts))
