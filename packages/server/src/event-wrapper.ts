const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20

/** Makes one server-sent event of a JSON body. */
export interface EventWrapper {
  /** Takes bytes of the body. Always `true`: they are held. */
  readonly push: (chunk: Uint8Array) => boolean
  /** The event with all bytes so far. */
  readonly event: () => Uint8Array
}

/**
 * For a whole JSON answer in an event stream that has begun already. Line ends can only be the spaces between JSON's
 * tokens (RFC 8259, section 2), and would end the event's line: they become spaces.
 */
export const makeEventWrapper = (): EventWrapper => {
  const chunks: Array<Uint8Array> = []
  return {
    push: (chunk) => {
      chunks.push(chunk)
      return true
    },
    event: () => {
      const body = Buffer.concat(chunks)
      for (const [index, byte] of body.entries()) {
        if (byte === lineFeed || byte === carriageReturn) body[index] = space
      }
      return Buffer.concat([Buffer.from("data: "), body, Buffer.from("\n\n")])
    }
  }
}
