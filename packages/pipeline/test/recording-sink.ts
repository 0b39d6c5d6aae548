import type { ResponseSink } from "../src/response-sink.ts"

/** A sink that remembers what it got. */
export interface RecordingSink extends ResponseSink {
  readonly status: () => number | undefined
  readonly headers: () => Readonly<Record<string, string>> | undefined
  readonly text: () => string
  readonly bytes: () => number
  readonly ended: () => boolean
  /** Lets `write` answer `false` from now on, until `open`. */
  readonly close: () => void
  readonly open: () => void
  /** Functions that wait to be called, registered by `onWritable`. */
  readonly waiting: () => number
}

export const recordingSink = (): RecordingSink => {
  const chunks: Array<Buffer> = []
  let status: number | undefined
  let headers: Readonly<Record<string, string>> | undefined
  let ended = false
  let closed = false
  let resumes: Array<() => void> = []
  return {
    start: (code, fields) => {
      if (status !== undefined) throw new Error("start was called twice")
      status = code
      headers = fields
    },
    write: (chunk) => {
      if (status === undefined || ended) throw new Error("write outside of start and end")
      chunks.push(Buffer.from(chunk))
      return !closed
    },
    onWritable: (resume) => resumes.push(resume),
    end: () => {
      if (status === undefined || ended) throw new Error("end without start, or twice")
      ended = true
    },
    started: () => status !== undefined,
    status: () => status,
    headers: () => headers,
    text: () => Buffer.concat(chunks).toString(),
    bytes: () => chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    ended: () => ended,
    close: () => {
      closed = true
    },
    open: () => {
      closed = false
      const waiting = resumes
      resumes = []
      for (const resume of waiting) resume()
    },
    waiting: () => resumes.length
  }
}
