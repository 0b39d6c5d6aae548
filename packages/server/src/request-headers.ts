import { canonicalHeaderName } from "@cliproxy/abi"

const known = new Map<string, string>()

/** Names come from clients: past this many different ones they are canonicalised each time instead of remembered. */
const knownLimit = 512

const canonical = (name: string): string => {
  let found = known.get(name)
  if (found === undefined) {
    found = canonicalHeaderName(name)
    if (known.size < knownLimit) known.set(name, found)
  }
  return found
}

/**
 * Headers as the pipeline wants them: canonical names (plugin ABI, section "Headers"), every value that was sent, in order.
 * `rawHeaders` is Node's flat list of names and values.
 */
export const collectHeaders = (rawHeaders: ReadonlyArray<string>): Record<string, Array<string>> => {
  const headers: Record<string, Array<string>> = Object.create(null)
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = canonical(rawHeaders[index] ?? "")
    const value = rawHeaders[index + 1] ?? ""
    const values = headers[name]
    if (values === undefined) headers[name] = [value]
    else values.push(value)
  }
  return headers
}
