import { homedir } from "node:os"
import { resolve as resolvePath } from "node:path"

import { readProxyChoice } from "@cliproxy/pipeline"
import { Result } from "effect"
import { isMap, isScalar, isSeq, type Node } from "yaml"

import { type Decoder, describeNode, type Found, resolve } from "./config-section.ts"
import { offsetOf, scalarText } from "./yaml-scalar.ts"

/** A scalar that stands in the file without quotes. */
const isPlain = (node: Node): boolean => isScalar(node) && (node.type === "PLAIN" || node.type === undefined)

/** Text, trimmed and not empty. A number or a truth value without quotes counts as the text that was written. */
export const text: Decoder<string> = (found, file) => {
  const { node } = found
  if (!isScalar(node) || node.value === null) {
    file.report("error", found, `expected text, found ${describeNode(node)}`)
    return undefined
  }
  const value = scalarText(node).trim()
  if (value !== "") return value
  file.report("error", found, "must not be empty")
  return undefined
}

/** Text that a header can carry as it is (RFC 9110, section 5.5): no line ends, and no dash or quote of a typographer. */
export const headerText: Decoder<string> = (found, file) => {
  const value = text(found, file)
  if (value === undefined || /^[\x20-\x7e]*$/.test(value)) return value
  const at = value.search(/[^\x20-\x7e]/)
  const code = value.codePointAt(at)?.toString(16).toUpperCase().padStart(4, "0")
  file.report("error", found, `character ${at + 1} (U+${code}) cannot be sent in a header; was it pasted from a text?`)
  return undefined
}

const truthValues: Readonly<Record<string, boolean>> = { yes: true, on: true, no: false, off: false }

/** `true` or `false`; the older YAML words yes, no, on, off are taken as well. */
export const flag: Decoder<boolean> = (found, file) => {
  const { node } = found
  if (isScalar(node) && typeof node.value === "boolean") return node.value
  if (isScalar(node) && typeof node.value === "string" && isPlain(node)) {
    const value = truthValues[node.value.toLowerCase()]
    if (value !== undefined) return value
  }
  file.report("error", found, `expected true or false, found ${describeNode(node)}`)
  return undefined
}

/** A whole number between two bounds, both included. */
export const wholeNumber =
  (least: number, greatest: number): Decoder<number> =>
  (found, file) => {
    const value = isScalar(found.node) ? found.node.value : undefined
    if (typeof value !== "number") {
      const quoted = typeof value === "string" && /^-?\d+$/.test(value.trim()) ? "; remove the quotes" : ""
      file.report("error", found, `expected a whole number, found ${describeNode(found.node)}${quoted}`)
      return undefined
    }
    if (Number.isInteger(value) && value >= least && value <= greatest) return value
    file.report("error", found, `expected a whole number from ${least} to ${greatest}`)
    return undefined
  }

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A length of time between two bounds in milliseconds: a number of seconds, or as in `1h30m` and `45s`. */
export const duration =
  (leastMs: number, greatestMs: number): Decoder<number> =>
  (found, file) => {
    const written = text(found, file)
    if (written === undefined) return undefined
    const value = /^\d+$/.test(written) ? `${written}s` : written
    const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)]
    if (parts.map(([part]) => part).join("") !== value) {
      file.report("error", found, "expected a length of time such as 1h, 30m or 45s")
      return undefined
    }
    const ms = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ""] ?? 0), 0)
    if (ms >= leastMs && ms <= greatestMs) return ms
    file.report("error", found, `expected a length of time from ${leastMs / 1000} to ${greatestMs / 1000} seconds`)
    return undefined
  }

/** One of several words, each with what it stands for. */
export const oneOf =
  <A>(words: Readonly<Record<string, A>>): Decoder<A> =>
  (found, file) => {
    const word = text(found, file)
    if (word === undefined) return undefined
    const key = word.toLowerCase()
    if (Object.hasOwn(words, key)) return words[key]
    file.report("error", found, `expected one of ${Object.keys(words).join(", ")}`)
    return undefined
  }

/** A list; items with a problem are left out of it. */
export const list =
  <A>(item: Decoder<A>): Decoder<ReadonlyArray<A>> =>
  (found, file) => {
    if (!isSeq(found.node)) {
      file.report("error", found, `expected a list, found ${describeNode(found.node)}`)
      return undefined
    }
    const values: Array<A> = []
    for (const [index, entry] of found.node.items.entries()) {
      const node = resolve(file.document, entry)
      if (node === undefined) continue
      const value = item({ node, path: `${found.path}[${index}]`, offset: offsetOf(entry, found.offset) }, file)
      if (value !== undefined) values.push(value)
    }
    return values
  }

/** A mapping with keys of one's own choice. */
export const mapping =
  <A>(value: (key: string, found: Found) => A | undefined): Decoder<ReadonlyMap<string, A>> =>
  (found, file) => {
    if (!isMap(found.node)) {
      file.report("error", found, `expected a mapping, found ${describeNode(found.node)}`)
      return undefined
    }
    const entries = new Map<string, A>()
    for (const pair of found.node.items) {
      const key = scalarText(pair.key)
      const node = resolve(file.document, pair.value)
      if (node === undefined) continue
      const offset = offsetOf(pair.value, offsetOf(pair.key, found.offset))
      const entry = value(key, { node, path: `${found.path}.${key}`, offset })
      if (entry !== undefined) entries.set(key, entry)
    }
    return entries
  }

/** What the base URL of one kind of provider must not be mistaken for. */
interface UrlRules {
  /** Key of the configuration that a provider's key belongs under. */
  readonly keysStandIn: string
  /** The end of a URL that names an endpoint already. */
  readonly endpoint: RegExp
}

/**
 * The base URL of an endpoint, without slashes at its end. It may not carry a user or a password: URLs get into logs.
 */
export const baseUrl =
  ({ endpoint, keysStandIn }: UrlRules): Decoder<string> =>
  (found, file) => {
    const written = text(found, file)
    if (written === undefined) return undefined
    const url = URL.parse(written)
    const named = endpoint.exec(url?.pathname ?? "")?.[0].replace(/\/$/, "")
    const problem =
      url === null || url.host === ""
        ? "is not a URL; expected something like https://api.example.com/v1"
        : url.protocol !== "https:" && url.protocol !== "http:"
          ? "must begin with https:// or http://"
          : url.username !== "" || url.password !== ""
            ? `must not contain a user name or a password; put the key into ${keysStandIn}`
            : url.hash !== ""
              ? "must not contain a #fragment"
              : named !== undefined
                ? `must end before ${named}, which is added to it`
                : undefined
    if (problem === undefined) return written.replace(/\/+$/, "")
    file.report("error", found, problem)
    return undefined
  }

/** A folder: absolute, or relative to `cwd`; a leading `~` is the home folder. */
export const folder =
  (cwd: string): Decoder<string> =>
  (found, file) => {
    const written = text(found, file)
    return written === undefined ? undefined : resolvePath(cwd, written.replace(/^~(?=$|[/\\])/, homedir()))
  }

/** A proxy for outgoing requests. The message never shows the URL, which may hold a password. */
export const proxyUrl: Decoder<string> = (found, file) => {
  const written = text(found, file)
  if (written === undefined) return undefined
  const choice = readProxyChoice(written)
  if (Result.isSuccess(choice)) return written
  file.report("error", found, choice.failure)
  return undefined
}
