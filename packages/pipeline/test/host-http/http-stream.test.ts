import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { BLOCK_BYTES, makeHttpStream, type StreamPart } from "../../src/host-http/http-stream.ts"

/** A stream whose source sends chunks, one at once for each time that it is let go on. */
const streamOf = (chunks: ReadonlyArray<Buffer>) => {
  const left = [...chunks]
  let paused = false
  let most = 0
  let held = 0
  const send = (): void => {
    while (!paused) {
      const chunk = left.shift()
      if (chunk === undefined) return stream.end()
      held += chunk.length
      most = Math.max(most, held)
      stream.data(chunk)
    }
  }
  const stream = makeHttpStream({
    pause: () => {
      paused = true
    },
    resume: () => {
      paused = false
      send()
    },
    onDone: () => {},
    onAbandoned: () => {},
    abandonedMs: 1_000_000
  })
  const read = (): StreamPart | undefined => {
    let got: StreamPart | undefined
    stream.read((part) => {
      got = part
      if (part?._tag === "Data") held -= part.payload.length
    })
    return got
  }
  return { send, read, most: () => most, letGo: stream.letGo }
}

describe("an HTTP stream", () => {
  it("gives every byte once and in order, whatever the chunks are, and holds little more than a block", () => {
    const sizes = fc.array(fc.nat({ max: 3 * BLOCK_BYTES }), { maxLength: 12 })
    fc.assert(
      fc.property(sizes, (lengths) => {
        let next = 0
        const chunks = lengths.map((length) => Buffer.from(Array.from({ length }, () => next++ % 251)))
        const { letGo, most, read, send } = streamOf(chunks)
        send()
        const blocks: Array<Buffer> = []
        let part = read()
        for (; part?._tag === "Data"; part = read()) blocks.push(part.payload)
        assert.deepStrictEqual(part, { _tag: "Done" })
        assert.isUndefined(read())
        assert.isTrue(blocks.every((block) => block.length > 0 && block.length <= BLOCK_BYTES))
        assert.isTrue(Buffer.concat(blocks).equals(Buffer.concat(chunks)))
        assert.isBelow(most(), BLOCK_BYTES + Math.max(1, ...lengths))
        letGo()
      }),
      { numRuns: 50 }
    )
  })
})
