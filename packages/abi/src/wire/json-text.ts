/** Keeps a byte-order mark, which makes the text invalid JSON, as it is for Go. Invalid UTF-8 becomes U+FFFD. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** Writes compact JSON in UTF-8. Halves of surrogate pairs, which strict readers refuse, become U+FFFD. */
export const encodeJson = (value: unknown): Uint8Array => encodeJsonText(JSON.stringify(value))

/** The same for what `JSON.stringify` has written already, or what reads as if it had. */
export const encodeJsonText = (text: string): Uint8Array =>
  Buffer.from(
    text.includes(String.raw`\ud`)
      ? text.replaceAll(/\\(?:ud[89a-f][0-9a-f]{2}|.)/g, (escape) =>
          escape.startsWith(String.raw`\ud`) ? "\ufffd" : escape
        )
      : text
  )

/** What was read, or why it is not JSON. */
export type ParsedJson =
  | { readonly _tag: "Parsed"; readonly value: unknown }
  | { readonly _tag: "NotJson"; readonly detail: string }

/** Reads JSON text. Never throws; the detail names a place, never the content, which may be a secret. */
export const parseJson = (bytes: Uint8Array): ParsedJson => {
  if (bytes.length === 0) return { _tag: "NotJson", detail: "no bytes where JSON was expected" }
  try {
    return { _tag: "Parsed", value: JSON.parse(decoder.decode(bytes)) }
  } catch (error) {
    const place = error instanceof SyntaxError ? /at position \d+/.exec(error.message)?.[0] : undefined
    return { _tag: "NotJson", detail: `${bytes.length} bytes are not JSON${place === undefined ? "" : ` ${place}`}` }
  }
}
