import * as fc from "fast-check"
import { assert, describe, it } from "vitest"

import { frame, frameReader } from "../src/frames.ts"

describe("frames", () => {
  it("come out as they went in, however the pipe cuts them", () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 })
    fc.assert(
      fc.property(bodies, fc.integer({ min: 1, max: 20 }), (sent, pieceLength) => {
        const bytes = Buffer.concat(sent.map(frame))
        const received: Array<Buffer> = []
        const read = frameReader((body) => received.push(Buffer.from(body)))
        for (let at = 0; at < bytes.length; at += pieceLength) read(bytes.subarray(at, at + pieceLength))
        assert.deepStrictEqual(
          received,
          sent.map((body) => Buffer.from(body))
        )
      })
    )
  })
})
