import {
  hostModelExecute,
  hostModelExecuteStream,
  type HostModelExecutionRequest,
  hostModelStreamClose,
  hostModelStreamRead,
  trimSpace
} from "@cliproxy/abi"
import { Effect, Fiber, Result, type Scope, Semaphore } from "effect"

import type { ClientRequest } from "../gateway.ts"
import type { GatewayError } from "../gateway-error.ts"
import { HostCallFailed, type HostCaller, type HostMethods, serving } from "../plugin-host/host-calls.ts"
import { makeNestedAnswer, type NestedAnswer, type NestedItem } from "./nested-answer.ts"
import { nestedOptions, nestedRequest, type RunNested } from "./nested-execution.ts"

/** Model executions that plugins ask for, one inside the other. A plugin that calls itself for ever is stopped here. */
export const MAX_NESTING = 8

/**
 * Calls that a plugin may be in for nested requests when it asks for another one without saying for which call. Nobody
 * knows how deep that is nested; without a bound, a plugin that calls itself so would never stop.
 */
export const MAX_UNSCOPED_NESTING = 64

/** `host.model.*`: requests of plugins that run through the gateway. */
export interface HostModel {
  readonly methods: HostMethods
  /** Whether a model was executed for the call of this scope, which is open. */
  readonly ranWithin: (scopeId: string) => boolean
  /** How many streams are open. */
  readonly openStreams: () => number
}

/** A nested execution whose answer is read chunk by chunk. */
interface ModelStream {
  readonly plugin: string
  readonly answer: NestedAnswer
  readonly running: Fiber.Fiber<void, GatewayError>
  /** Lets one reader at a time take chunks. */
  readonly reading: Semaphore.Semaphore
  /** The chunk that came before the plugin knew the handle. */
  first: NestedItem | undefined
  /** Ends the execution, if it still runs, and forgets the stream. */
  readonly close: () => void
}

/**
 * Makes the host methods for nested executions. `run` gives what runs them; `undefined` while the gateway is not up.
 * Streams run in `scope`. A stream ends with the callback scope that it was opened with, with its plugin, or when it
 * was read to its end or closed; one without a callback scope is the plugin's to end. Source: plugin ABI, nested model
 * execution.
 */
export const makeHostModel = (run: () => RunNested | undefined, scope: Scope.Scope): HostModel => {
  const streams = new Map<string, ModelStream>()
  let lastId = 0
  /** By ID of a nested request that runs: how many executions it is inside of, itself included. */
  const depths = new Map<string, number>()
  const ranIn = new Set<string>()

  /** How many calls the plugin is in that serve nested requests. */
  const nestedCallsOf = ({ plugin, scopes }: HostCaller): number =>
    scopes.of(plugin).filter(({ request }) => request !== undefined && depths.has(request.id)).length

  const note = ({ scope: callback }: HostCaller): void => {
    if (callback === undefined || ranIn.has(callback.id)) return
    ranIn.add(callback.id)
    callback.onClose(() => ranIn.delete(callback.id))
  }

  /** The execution, ready to run, and its answer. Fails with the text for the plugin. */
  const prepare = (
    request: HostModelExecutionRequest,
    caller: HostCaller
  ): Result.Result<
    { readonly execution: Effect.Effect<void, GatewayError>; readonly answer: NestedAnswer },
    HostCallFailed
  > => {
    const runNested = run()
    if (runNested === undefined) return refused("host model executor is unavailable")
    const parent = caller.scope?.request
    const depth = (parent === undefined ? 0 : (depths.get(parent.id) ?? 0)) + 1
    if (depth > MAX_NESTING) return refused(`model executions are nested more than ${MAX_NESTING} deep`)
    if (parent === undefined && nestedCallsOf(caller) >= MAX_UNSCOPED_NESTING) {
      return refused(
        `more than ${MAX_UNSCOPED_NESTING} calls of the plugin are nested in executions that it asked for without host_callback_id`
      )
    }
    const nested = nestedRequest(request, parent)
    if (Result.isFailure(nested)) return refused(nested.failure)
    note(caller)
    const answer = makeNestedAnswer(nested.success.request.protocol ?? "openai", nested.success.exit)
    const options = nestedOptions(request, caller.plugin)
    const execution = atDepth(nested.success.request, depth, (inner) => runNested(inner, answer.sink, options))
    return Result.succeed({ execution, answer })
  }

  const atDepth = (
    request: ClientRequest,
    depth: number,
    use: (request: ClientRequest) => Effect.Effect<void, GatewayError>
  ): Effect.Effect<void, GatewayError> =>
    Effect.suspend(() => {
      depths.set(request.id, depth)
      return Effect.onExit(use(request), () => Effect.sync(() => depths.delete(request.id)))
    })

  const execute = (request: HostModelExecutionRequest, caller: HostCaller) => {
    if (request.stream) return Effect.fail(failed("host.model.execute requires stream=false"))
    return Effect.flatMap(Effect.fromResult(prepare(request, caller)), ({ answer, execution }) =>
      Effect.acquireUseRelease(
        Effect.forkIn(execution, scope),
        (running) => Effect.raceFirst(answer.whole(running), cancelled(caller)),
        (running) => Fiber.interrupt(running)
      ).pipe(
        Effect.flatMap((item) =>
          item._tag === "Failed"
            ? Effect.fail(failed(item.message, item.status))
            : Effect.succeed({
                status_code: 200,
                headers: answer.headers(),
                body: item._tag === "Chunk" ? item.payload : new Uint8Array(0)
              })
        )
      )
    )
  }

  const open = (caller: HostCaller, answer: NestedAnswer, running: Fiber.Fiber<void, GatewayError>): string => {
    const id = String(++lastId)
    const undo: Array<() => void> = []
    const close = (): void => {
      if (!streams.delete(id)) return
      for (const step of undo) step()
      running.interruptUnsafe()
    }
    streams.set(id, {
      plugin: caller.plugin,
      answer,
      running,
      reading: Semaphore.makeUnsafe(1),
      first: undefined,
      close
    })
    undo.push(caller.onEnd(close))
    if (caller.scope !== undefined) undo.push(caller.scope.onClose(close))
    return id
  }

  const executeStream = (request: HostModelExecutionRequest, caller: HostCaller) => {
    if (!request.stream) return Effect.fail(failed("host.model.execute_stream requires stream=true"))
    return Effect.flatMap(Effect.fromResult(prepare(request, caller)), ({ answer, execution }) =>
      Effect.flatMap(Effect.forkIn(execution, scope), (running) => {
        const id = open(caller, answer, running)
        return Effect.flatMap(answer.next(running), (first) => {
          const stream = streams.get(id)
          if (first._tag === "Failed") {
            stream?.close()
            return Effect.fail(failed(first.message, first.status))
          }
          if (stream !== undefined) stream.first = first
          return Effect.succeed({ status_code: 200, headers: answer.headers(), stream_id: id })
        }).pipe(Effect.onInterrupt(() => Effect.sync(() => streams.get(id)?.close())))
      })
    )
  }

  const find = (id: string, { plugin }: HostCaller): ModelStream | undefined => {
    const stream = streams.get(id)
    return stream?.plugin === plugin ? stream : undefined
  }

  const read = (stream: ModelStream): Effect.Effect<NestedItem> =>
    stream.reading.withPermits(1)(
      Effect.suspend(() => {
        const { first } = stream
        stream.first = undefined
        return first === undefined ? stream.answer.next(stream.running) : Effect.succeed(first)
      })
    )

  return {
    methods: {
      "host.model.execute": serving(hostModelExecute, execute),
      "host.model.execute_stream": serving(hostModelExecuteStream, executeStream),
      "host.model.stream_read": serving(hostModelStreamRead, (request, caller) => {
        const id = trimSpace(request.stream_id)
        if (id === "") return Effect.fail(failed("model stream id is required"))
        const stream = find(id, caller)
        if (stream === undefined) return Effect.succeed(END)
        return Effect.map(read(stream), (item) => {
          if (item._tag === "Chunk") return { payload: item.payload, error: "", done: false }
          stream.close()
          return item._tag === "Failed" ? { ...END, error: item.message } : END
        })
      }),
      "host.model.stream_close": serving(hostModelStreamClose, (request, caller) =>
        Effect.sync(() => {
          find(trimSpace(request.stream_id), caller)?.close()
          return {}
        })
      )
    },
    ranWithin: (scopeId) => ranIn.has(scopeId),
    openStreams: () => streams.size
  }
}

const END = { payload: new Uint8Array(0), error: "", done: true }

const failed = (message: string, httpStatus?: number): HostCallFailed =>
  new HostCallFailed({ message, ...(httpStatus === undefined ? {} : { httpStatus }) })

const refused = (message: string): Result.Result<never, HostCallFailed> => Result.fail(failed(message))

/** Fails once the client's request that the plugin works for is over. */
const cancelled = ({ scope }: HostCaller): Effect.Effect<never, HostCallFailed> =>
  Effect.callback<never, HostCallFailed>((resume) => {
    const signal = scope?.signal
    const fail = (): void => resume(Effect.fail(failed("the request was cancelled")))
    if (signal?.aborted === true) return fail()
    signal?.addEventListener("abort", fail, { once: true })
    return Effect.sync(() => signal?.removeEventListener("abort", fail))
  })
