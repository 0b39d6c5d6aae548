import type { EmitFrame } from "../codecs/codec.ts"
import { eventText } from "../wire/event-stream.ts"

/** Makes the text of an event stream out of frames. */
export interface FrameWriter {
  readonly emit: EmitFrame
  /** What has been written since it was taken last. */
  readonly take: () => string
}

export const makeFrameWriter = (): FrameWriter => {
  let text = ""
  return {
    emit: (data, event) => {
      text += eventText(data, event)
    },
    take: () => {
      const taken = text
      text = ""
      return taken
    }
  }
}
