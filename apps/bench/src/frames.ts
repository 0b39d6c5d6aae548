/** Bytes of a frame's head: the length of what follows, little-endian. */
const headBytes = 4

/** A frame around `body`. */
export const frame = (body: Uint8Array): Buffer => {
  const bytes = Buffer.allocUnsafe(headBytes + body.length)
  bytes.writeUInt32LE(body.length)
  bytes.set(body, headBytes)
  return bytes
}

/** Gives a function that takes the chunks of a pipe and calls `onFrame` with each whole body. */
export const frameReader = (onFrame: (body: Buffer) => void): ((chunk: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (bytes.length >= headBytes) {
      const end = headBytes + bytes.readUInt32LE()
      if (bytes.length < end) break
      onFrame(bytes.subarray(headBytes, end))
      bytes = bytes.subarray(end)
    }
    rest = bytes
  }
}
