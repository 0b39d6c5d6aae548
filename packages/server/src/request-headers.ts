const known = new Map<string, string>()

/** Names come from clients: past this many different ones they are canonicalised each time instead of remembered. */
const knownLimit = 512

const canonicalise = (name: string): string =>
  name.toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())

/** `content-type` to `Content-Type`: the form of header names in the plugin ABI (section "Headers"). */
export const canonicalHeaderName = (name: string): string => {
  let canonical = known.get(name)
  if (canonical === undefined) {
    canonical = canonicalise(name)
    if (known.size < knownLimit) known.set(name, canonical)
  }
  return canonical
}

/**
 * Headers as the pipeline wants them: canonical names, every value that was sent, in order.
 * `rawHeaders` is Node's flat list of names and values.
 */
export const collectHeaders = (rawHeaders: ReadonlyArray<string>): Record<string, Array<string>> => {
  const headers: Record<string, Array<string>> = Object.create(null)
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = canonicalHeaderName(rawHeaders[index] ?? "")
    const value = rawHeaders[index + 1] ?? ""
    const values = headers[name]
    if (values === undefined) headers[name] = [value]
    else values.push(value)
  }
  return headers
}
