const entities: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  "'": "&#39;",
  '"': "&#34;"
}

const escapeHtml = (text: string): string => text.replace(/[<>&'"]/g, (character) => entities[character] ?? character)

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })

/** A text, and the colon behind it when it is a key. Every other quote in a valid document is inside of one. */
const texts = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?/g

const isJsonType = (contentType: string): boolean => {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? ""
  return type === "application/json" || type.endsWith("+json")
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const unquote = (quoted: string): string => {
  const text: unknown = JSON.parse(quoted)
  return String(text)
}

/**
 * Escapes every text in a JSON document for HTML, so that a page that puts it into itself runs nothing of it. Keys,
 * numbers and everything between them stay as they are written. A body counts as JSON when its type says so or when it
 * begins with `{` or `[`, and when it is; any other is given back. Source: plugin ABI, management.
 */
export const escapeJsonTexts = (contentType: string, body: Uint8Array): Uint8Array => {
  const text = utf8.decode(body)
  if (!isJsonType(contentType) && !/^\s*[{[]/.test(text)) return body
  if (!isJson(text)) return body
  return Buffer.from(
    text.replace(texts, (found, quoted: string, colon: string | undefined) =>
      colon === undefined ? JSON.stringify(escapeHtml(unquote(quoted))) : found
    )
  )
}
