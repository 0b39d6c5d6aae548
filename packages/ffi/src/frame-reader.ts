import { callDone, callLate, hostCall, opened, shutDown } from "./event-kinds.ts"

/** One message of a plugin's process. */
export interface Frame {
  readonly kind: number
  readonly status: number
  readonly code: number
  /** The number of a call; for a host call an address in the other process, of which no bit may be lost. */
  readonly id: bigint
  readonly method: string
  readonly payload: Buffer
}

/** Layout of a frame: native/process_host.c. Its kinds are kinds of events. */
export const headerBytes = 32

/** Longest method of a host call (`METHOD_LIMIT`) and request of one, longest explanation of a failed load, in bytes. */
const longestMethod = 256
const longestRequest = 2 ** 31 - 1
const longestDetail = 2048

/** Most bytes of a method and of a payload, by the kind of frame. */
const limits = (maxAnswerBytes: number): ReadonlyMap<number, readonly [method: number, payload: number]> =>
  new Map([
    [callDone, [0, maxAnswerBytes]],
    [callLate, [0, 0]],
    [hostCall, [longestMethod, longestRequest]],
    [opened, [0, longestDetail]],
    [shutDown, [0, 0]]
  ])

/**
 * Cuts a stream of bytes into frames, wherever the bytes were cut. The plugin can write to the socket as well as the
 * process around it, so no number is believed: the function that is returned says what was wrong once something was,
 * and must not be called again then. It never throws.
 */
export const frameReader = (
  maxAnswerBytes: number,
  onFrame: (frame: Frame) => void
): ((chunk: Buffer) => string | undefined) => {
  const known = limits(maxAnswerBytes)
  const header = Buffer.alloc(headerBytes)
  let headerFilled = 0
  let methodLength = 0
  let body: Buffer | undefined
  let bodyFilled = 0

  /** Makes room for what the header announces, or says what is wrong with it. */
  const announce = (): string | undefined => {
    const kind = header.readUInt32LE(0)
    const most = known.get(kind)
    if (most === undefined) return `a frame of the unknown kind ${kind}`
    methodLength = header.readUInt32LE(12)
    const length = header.readBigUInt64LE(24)
    if (methodLength > most[0]) return `a method of ${methodLength} bytes in a frame of kind ${kind}`
    if (length > most[1]) return `a payload of ${length} bytes in a frame of kind ${kind}`
    try {
      body = Buffer.allocUnsafe(methodLength + Number(length))
    } catch {
      return `a payload of ${length} bytes, for which there is no memory`
    }
    return undefined
  }

  const finish = (bytes: Buffer) => {
    headerFilled = 0
    body = undefined
    bodyFilled = 0
    onFrame({
      kind: header.readUInt32LE(0),
      status: header.readUInt32LE(4),
      code: header.readInt32LE(8),
      id: header.readBigUInt64LE(16),
      method: methodLength === 0 ? "" : bytes.toString("utf8", 0, methodLength),
      payload: methodLength === 0 ? bytes : bytes.subarray(methodLength)
    })
  }

  return (chunk) => {
    let at = 0
    while (at < chunk.length) {
      if (body === undefined) {
        const taken = chunk.copy(header, headerFilled, at, at + headerBytes - headerFilled)
        headerFilled += taken
        at += taken
        if (headerFilled < headerBytes) return undefined
        const wrong = announce()
        if (wrong !== undefined || body === undefined) return wrong
      }
      const taken = chunk.copy(body, bodyFilled, at, at + body.length - bodyFilled)
      bodyFilled += taken
      at += taken
      if (bodyFilled === body.length) finish(body)
    }
    return undefined
  }
}
