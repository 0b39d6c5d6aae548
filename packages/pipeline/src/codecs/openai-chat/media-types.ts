import { endingOfMediaType } from "../media-types.ts"

/** `input_audio.format` of the media types that have a name of their own. Source: OpenAI API reference, `input_audio`. */
const AUDIO_FORMATS: ReadonlyMap<string, string> = new Map([
  ["audio/mpeg", "mp3"],
  ["audio/mp3", "mp3"],
  ["audio/wav", "wav"],
  ["audio/x-wav", "wav"],
  ["audio/wave", "wav"]
])

/** The `format` of an `input_audio` part; what OpenAI does not know goes by its subtype, for the provider to judge. */
export const audioFormatOf = (mediaType: string): string =>
  AUDIO_FORMATS.get(mediaType) ?? mediaType.slice(mediaType.indexOf("/") + 1)

/** The media type of an `input_audio` part's `format`. */
export const mediaTypeOfAudio = (format: string): string => (format === "mp3" ? "audio/mpeg" : `audio/${format}`)

/** A file name for a media type: OpenAI takes no file without one. */
export const nameOfMediaType = (mediaType: string | undefined): string =>
  `file.${(mediaType === undefined ? undefined : endingOfMediaType(mediaType)) ?? "pdf"}`
