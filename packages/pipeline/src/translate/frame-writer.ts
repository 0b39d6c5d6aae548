import type { EmitFrame } from "../codecs/codec.ts"

/** Makes the text of an event stream out of frames. Source: WHATWG HTML, 9.2.5. */
export interface FrameWriter {
  readonly emit: EmitFrame
  /** What has been written since it was taken last. */
  readonly take: () => string
}

export const makeFrameWriter = (): FrameWriter => {
  let text = ""
  return {
    emit: (data, event) => {
      text += event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`
    },
    take: () => {
      const taken = text
      text = ""
      return taken
    }
  }
}

/** Content type of what a `FrameWriter` writes. */
export const EVENT_STREAM = "text/event-stream"
