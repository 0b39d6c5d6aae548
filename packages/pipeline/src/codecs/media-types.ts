/** Media types by the ending of a file's name. Source: IANA's media types registry. */
const TYPES_BY_ENDING: ReadonlyMap<string, string> = new Map([
  ["pdf", "application/pdf"],
  ["txt", "text/plain"],
  ["md", "text/markdown"],
  ["csv", "text/csv"],
  ["html", "text/html"],
  ["json", "application/json"],
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["webp", "image/webp"],
  ["gif", "image/gif"],
  ["heic", "image/heic"],
  ["heif", "image/heif"],
  ["mp4", "video/mp4"],
  ["webm", "video/webm"],
  ["mov", "video/quicktime"],
  ["wav", "audio/wav"],
  ["mp3", "audio/mpeg"],
  ["ogg", "audio/ogg"],
  ["flac", "audio/flac"]
])

/** The media type that a file's name, or the path of a URL, ends in; `undefined` when it says nothing. */
export const mediaTypeOfName = (name: string): string | undefined => {
  const end = name.search(/[?#]/)
  const path = end === -1 ? name : name.slice(0, end)
  return TYPES_BY_ENDING.get(path.slice(path.lastIndexOf(".") + 1).toLowerCase())
}

/** The ending that files of a media type mostly have; `undefined` for a type that is not known. */
export const endingOfMediaType = (mediaType: string): string | undefined => ENDINGS_BY_TYPE.get(mediaType)

const ENDINGS_BY_TYPE: ReadonlyMap<string, string> = new Map(
  [...TYPES_BY_ENDING].toReversed().map(([ending, mediaType]) => [mediaType, ending])
)
