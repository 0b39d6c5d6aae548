import {
  decodeEnvelope,
  PluginAnswerMalformed,
  type PluginCallError,
  PluginRefused,
  PluginTransportFailed
} from "@cliproxy/abi"
import { Effect } from "effect"

import type { RawAnswer } from "./bridge.ts"

/** Longest part of an unexpected answer that an error repeats, in bytes. */
const shownBytes = 4096

/** By `ANSWER_` of native/bridge.h. */
const faults = [
  "",
  "a NULL pointer with a length above 0",
  "longer than this host takes",
  "its pointer and length do not name readable memory",
  "no memory left for a copy of it",
  "no thread could be started for the call"
]

const textOf = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, shownBytes)).toString("utf8")

/**
 * Reads what a plugin's `call` gave back: the envelope's result, or the typed error.
 * Source: plugin ABI, return codes: a non-zero code with an error envelope counts as that envelope.
 */
export const readAnswer = (
  plugin: string,
  method: string,
  answer: RawAnswer
): Effect.Effect<unknown, PluginCallError> => {
  if (answer.fault !== 0) {
    return Effect.fail(
      new PluginAnswerMalformed({ plugin, method, detail: faults[answer.fault] ?? `fault ${answer.fault}` })
    )
  }
  const envelope = decodeEnvelope(answer.body)
  if (answer.code !== 0 && !(envelope._tag === "Failure" && envelope.errorGiven)) {
    return Effect.fail(
      new PluginTransportFailed({ plugin, method, returnCode: answer.code, body: textOf(answer.body) })
    )
  }
  switch (envelope._tag) {
    case "Success":
      return Effect.succeed(envelope.result)
    case "Failure":
      return Effect.fail(new PluginRefused({ plugin, method, ...envelope.error }))
    case "Malformed":
      return Effect.fail(new PluginAnswerMalformed({ plugin, method, detail: envelope.detail }))
  }
}
