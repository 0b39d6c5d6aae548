import type { JsonObject } from "../canonical/json.ts"

/** Characters from which on a text is encoded by itself; shorter ones wait for the next. */
const MIN_PIECE = 1024

/**
 * The bytes of a JSON object: those of `Buffer.from(JSON.stringify(json))`.
 *
 * The members of the object, and the elements of the lists in it, are written one by one. Conversations are long lists
 * of short messages: one text of all of them would be copied as it grows, once more to be flat, and in two bytes a
 * character as soon as a single one of them needs it, which takes twice as long with megabytes.
 */
export const jsonBytes = (json: JsonObject): Buffer => {
  const pieces: Array<Buffer> = []
  let text = "{"
  let separator = ""
  const write = (more: string): void => {
    text += more
    if (text.length < MIN_PIECE) return
    pieces.push(Buffer.from(text))
    text = ""
  }
  for (const [name, value] of Object.entries(json)) {
    const list = Array.isArray(value)
    // What JSON has no word for is left out: `undefined`, for one.
    const written = list ? "[" : JSON.stringify(value)
    if (written === undefined) continue
    write(`${separator}${JSON.stringify(name)}:${written}`)
    separator = ","
    if (list) writeElements(value, write)
  }
  text += "}"
  return pieces.length === 0 ? Buffer.from(text) : Buffer.concat([...pieces, Buffer.from(text)])
}

const writeElements = (list: ReadonlyArray<unknown>, write: (text: string) => void): void => {
  list.forEach((element, index) => {
    write(`${index === 0 ? "" : ","}${JSON.stringify(element) ?? "null"}`)
  })
  write("]")
}
