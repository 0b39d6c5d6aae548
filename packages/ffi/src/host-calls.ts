import { Cause, Effect, Exit, Fiber } from "effect"

import type { HostCall } from "./bridge.ts"
import type { HostCallHandler } from "./plugin-connection.ts"

/** Runs each host call in a fiber of its own and sends its answer back; `end` stops those that still run. */
export const serveHostCalls = Effect.fnUntraced(function* (
  plugin: string,
  handler: HostCallHandler,
  reply: (call: HostCall, answer: Uint8Array | undefined) => void
) {
  const fork = Effect.runForkWith(yield* Effect.context())
  const running = new Set<Fiber.Fiber<Uint8Array>>()
  let ended = false
  const serve = (call: HostCall) => {
    if (ended) {
      reply(call, undefined)
      return
    }
    const fiber = fork(Effect.suspend(() => handler(call.method, call.request)))
    running.add(fiber)
    fiber.addObserver((exit) => {
      running.delete(fiber)
      reply(call, Exit.isSuccess(exit) ? exit.value : undefined)
      if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) {
        fork(Effect.logError(`the host failed while answering ${call.method} of plugin ${plugin}`, exit.cause))
      }
    })
  }
  const end = Effect.suspend(() => {
    ended = true
    return Fiber.interruptAll(running)
  })
  return { serve, end }
})
