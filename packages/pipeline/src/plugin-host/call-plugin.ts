import { type Contract, PluginAnswerMalformed, type PluginCallError, type PluginMethod } from "@cliproxy/abi"
import type { CallOptions, PluginConnection } from "@cliproxy/ffi"
import { Effect, Result } from "effect"

/**
 * Calls a method of a plugin by its contract: writes the request, sends it, reads the result.
 *
 * An answer of the wrong shape fails with `PluginAnswerMalformed`. A request that cannot be written is a mistake of the
 * host and a defect.
 */
export const callPlugin = <Request, Answer>(
  connection: PluginConnection,
  contract: Contract<PluginMethod, Request, Answer>,
  request: Request,
  options?: CallOptions
): Effect.Effect<Answer, PluginCallError> =>
  Effect.suspend(() => connection.call(contract.method, contract.encodeRequest(request), options)).pipe(
    Effect.flatMap((result) => {
      const answer = contract.decodeResult(result)
      return Result.isSuccess(answer)
        ? Effect.succeed(answer.success)
        : Effect.fail(
            new PluginAnswerMalformed({
              plugin: connection.id,
              method: contract.method,
              detail: answer.failure.detail
            })
          )
    })
  )
