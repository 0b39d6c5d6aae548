/** `input_audio.format` of the media types that have a name of their own. Source: OpenAI API reference, `input_audio`. */
const AUDIO_FORMATS: Readonly<Record<string, string>> = {
  "audio/mpeg": "mp3",
  "audio/mp3": "mp3",
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/wave": "wav"
}

/** The `format` of an `input_audio` part; what OpenAI does not know goes by its subtype, for the provider to judge. */
export const audioFormatOf = (mediaType: string): string =>
  AUDIO_FORMATS[mediaType] ?? mediaType.slice(mediaType.indexOf("/") + 1)

/** The media type of an `input_audio` part's `format`. */
export const mediaTypeOfAudio = (format: string): string => (format === "mp3" ? "audio/mpeg" : `audio/${format}`)

const TYPES_BY_EXTENSION: Readonly<Record<string, string>> = {
  pdf: "application/pdf",
  txt: "text/plain",
  md: "text/markdown",
  csv: "text/csv",
  html: "text/html",
  json: "application/json",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  mp4: "video/mp4",
  webm: "video/webm",
  mov: "video/quicktime",
  wav: "audio/wav",
  mp3: "audio/mpeg"
}

/** The media type that a file's name, or the path of a URL, ends in; `otherwise` when it says nothing. */
export const mediaTypeOfName = (name: string, otherwise: string): string => {
  const path = name.split(/[?#]/, 1)[0] ?? ""
  return TYPES_BY_EXTENSION[path.slice(path.lastIndexOf(".") + 1).toLowerCase()] ?? otherwise
}

/** A file name for a media type: OpenAI takes no file without one. */
export const nameOfMediaType = (mediaType: string | undefined): string => {
  for (const extension in TYPES_BY_EXTENSION) {
    if (TYPES_BY_EXTENSION[extension] === mediaType) return `file.${extension}`
  }
  return "file.pdf"
}
