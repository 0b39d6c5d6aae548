import type { Duplex } from "node:stream"

import { headerBytes } from "./frame-reader.ts"

/** Kinds of frames to a plugin's process: native/process_host.c. */
export const frameKind = { call: 101, withdraw: 102, reply: 103, close: 104 } as const

/** Payloads of this size travel with their header in one buffer; larger ones are not copied. */
const inlineBytes = 64 * 1024

/** Frames that leave together at most, and their bytes: a process that could work meanwhile must not wait for more. */
const batchFrames = 16
const batchBytes = 64 * 1024

/** Writes frames to a process. */
interface FrameWriter {
  /**
   * `mayWait`: the frame may wait until what has come in by now is worked off, and leaves together with the others of that
   * time. Each write wakes the process, which costs more than writing, and takes the processor from us when it is busy.
   * Any other frame leaves at once, behind those that wait.
   */
  readonly send: (
    kind: number,
    id: number | bigint,
    code: number,
    method: string,
    payload: Uint8Array,
    mayWait: boolean
  ) => void
}

/** Makes the writer of one process. */
export const frameWriter = (socket: Duplex): FrameWriter => {
  let held: Array<Uint8Array> = []
  let heldBytes = 0
  let frames = 0
  let scheduled = false

  const flush = (): void => {
    const parts = held
    const bytes = heldBytes
    held = []
    heldBytes = frames = 0
    const [first] = parts
    if (first === undefined) return
    if (parts.length === 1) socket.write(first)
    else if (bytes <= batchBytes + inlineBytes) socket.write(Buffer.concat(parts, bytes))
    else {
      // A large payload is among them, which is not copied.
      socket.cork()
      for (const part of parts) socket.write(part)
      socket.uncork()
    }
  }

  const flushLater = (): void => {
    scheduled = false
    flush()
  }

  const hold = (part: Uint8Array): void => {
    held.push(part)
    heldBytes += part.length
  }

  return {
    send: (kind, id, code, method, payload, mayWait) => {
      const methodBytes = Buffer.byteLength(method)
      const inlined = payload.length <= inlineBytes
      const head = Buffer.allocUnsafe(headerBytes + methodBytes + (inlined ? payload.length : 0))
      head.writeUInt32LE(kind, 0)
      head.writeUInt32LE(0, 4)
      head.writeInt32LE(code, 8)
      head.writeUInt32LE(methodBytes, 12)
      head.writeBigUInt64LE(BigInt(id), 16)
      head.writeBigUInt64LE(BigInt(payload.length), 24)
      head.write(method, headerBytes)
      if (inlined) head.set(payload, headerBytes + methodBytes)
      hold(head)
      if (!inlined) hold(payload)
      if (!mayWait || ++frames >= batchFrames || heldBytes >= batchBytes) return flush()
      if (scheduled) return
      scheduled = true
      setImmediate(flushLater)
    }
  }
}
