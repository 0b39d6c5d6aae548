import { spawn } from "node:child_process"
import type { Duplex } from "node:stream"
import { text } from "node:stream/consumers"

import { type Frame, frameReader } from "../../src/frame-reader.ts"
import { frameWriter } from "../../src/frame-writer.ts"

const maxAnswerBytes = 1_000_000

/** The process that holds a plugin, spoken to in frames, by whoever wants to say things that a gateway would not. */
export const startHostProcess = (
  host: string,
  library: string,
  env: NodeJS.ProcessEnv,
  onFrame: (frame: Frame) => void
) => {
  const child = spawn(host, [library, "16", "2", "50", String(maxAnswerBytes)], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    env
  })
  const socket = child.stdio[3] as Duplex
  const wrong: Array<string> = []
  const read = frameReader(maxAnswerBytes, onFrame)
  socket.on("data", (chunk: Buffer) => {
    const found = wrong.length === 0 ? read(chunk) : undefined
    if (found !== undefined) wrong.push(found)
  })
  socket.on("error", () => {})
  const exited = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)))
  const errors = text(child.stderr!)
  const { send } = frameWriter(socket)
  return {
    send: (kind: number, id: number | bigint, code = 0, method = "", payload: Uint8Array = new Uint8Array(0)) =>
      send(kind, id, code, method, payload, false),
    /** How it ended, what it wrote to its standard error, and what was wrong with its frames. */
    ended: async () => ({ code: await exited, errors: await errors, wrong })
  }
}
