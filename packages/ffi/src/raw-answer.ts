import {
  decodeEnvelope,
  PluginAnswerMalformed,
  type PluginCallError,
  PluginRefused,
  PluginTransportFailed
} from "@cliproxy/abi"
import { Effect } from "effect"

import type { RawAnswer } from "./bridge.ts"
import { answerStatus } from "./native-status.ts"

/** Longest part of an unexpected answer that an error repeats, in bytes. */
const shownBytes = 4096

const faults: Readonly<Record<number, string>> = {
  [answerStatus.nullWithLength]: "a NULL pointer with a length above 0",
  [answerStatus.tooLong]: "longer than this host takes",
  [answerStatus.unreadable]: "its pointer and length do not name readable memory",
  [answerStatus.noMemory]: "no memory left for a copy of it",
  [answerStatus.noThread]: "no thread could be started for the call"
}

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
  if (answer.fault !== answerStatus.ok) {
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
