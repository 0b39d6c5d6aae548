import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLMap
} from "yaml"

import { closestName } from "./closest-name.ts"
import type { ConfigProblem } from "./config-problem.ts"
import { offsetOf, scalarText } from "./yaml-scalar.ts"

/** A value that stands in the file: never empty, aliases followed. */
export interface Found {
  readonly node: Node
  /** Where in the tree, such as `api-keys[0]`. */
  readonly path: string
  /** Where in the text, for the position of problems. */
  readonly offset: number
}

/** Reads a value, or reports what is wrong with it and gives `undefined`. */
export type Decoder<A> = (found: Found, file: ConfigFile) => A | undefined

/** A parsed file and the problems found in it so far. */
export interface ConfigFile {
  readonly document: Document
  readonly text: string
  readonly problems: Array<ConfigProblem>
  readonly report: (
    severity: ConfigProblem["severity"],
    at: { readonly path: string; readonly offset: number },
    message: string
  ) => void
}

/** One mapping of the file, asked for its keys one by one. What nobody asked for is unknown. */
export interface Section {
  /** The value under a key; `undefined` when it is absent or empty. */
  readonly find: (key: string) => Found | undefined
  /** Decodes the value under a key; the fallback stands in for an absent one, and for one with a problem. */
  readonly optional: <A>(key: string, decode: Decoder<A>, fallback: A) => A
  /** Decodes the value under a key; its absence is an error. */
  readonly required: <A>(key: string, decode: Decoder<A>) => A | undefined
  /** Reports each key that is neither asked for so far nor among these, which are ignored with a warning. */
  readonly end: (unsupported?: ReadonlyArray<string>) => void
}

/** Kinds of values, as people call them. */
export const describeNode = (node: Node): string => {
  if (isMap(node)) return "a mapping"
  if (isSeq(node)) return "a list"
  const value = isScalar(node) ? node.value : undefined
  if (value === null || value === undefined) return "nothing"
  if (typeof value === "boolean") return "true or false"
  return typeof value === "number" || typeof value === "bigint" ? "a number" : "text"
}

const isEmpty = (node: Node): boolean => isScalar(node) && node.value === null

/** A key that somebody may have put a secret in place of is not repeated in a message. */
const nameable = (key: string): boolean => /^[A-Za-z][\w.-]{0,39}$/.test(key) && !/^sk-/i.test(key)

/**
 * What YAML itself refuses, by the parser's code. The parser's own sentences are not shown, because some quote the file,
 * and with it a key.
 */
const syntaxMessages: Readonly<Record<string, string>> = {
  BAD_INDENT: "this line is not indented like the others of its mapping or list",
  BAD_SCALAR_START: "text cannot begin with this character; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY:
    "a second mapping begins on this line; if the colon belongs to the text, put the text in quotes",
  MISSING_CHAR: "a closing quote or bracket, a comma or a colon is missing here",
  MULTILINE_IMPLICIT_KEY: "a key must stand on one line and be followed by a colon",
  MULTIPLE_DOCS: "the file holds more than one YAML document; only one is read",
  TAB_AS_INDENT: "tabs cannot be used to indent; use spaces",
  TAG_RESOLVE_FAILED: "this tag is not known",
  UNEXPECTED_TOKEN: "this was not expected here"
}

/** Parses the text of a file. Syntax errors and keys that stand twice in one mapping are reported at once. */
export const parseConfigFile = (text: string): ConfigFile => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false })
  const problems: Array<ConfigProblem> = []
  const report: ConfigFile["report"] = (severity, { path, offset }, message) => {
    const { line, col } = lines.linePos(Math.max(0, Math.min(offset, text.length)))
    problems.push({ severity, line: Math.max(1, line), column: Math.max(1, col), path, message })
  }
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    report("error", { path: "", offset: pos[0] }, syntaxMessages[code] ?? `this is not valid YAML (${code})`)
  }
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return
      report(
        "error",
        { path: "", offset: offsetOf(alias, 0) },
        "this alias refers to an anchor that is not set before it"
      )
    },
    Map: (_, map) => {
      const seen = new Map<string, number>()
      for (const { key } of map.items) {
        const name = scalarText(key)
        const offset = offsetOf(key, 0)
        const first = seen.get(name)
        if (first === undefined) seen.set(name, offset)
        else {
          const what = nameable(name) ? `the key "${name}"` : "a key"
          report(
            "error",
            { path: "", offset },
            `${what} stands twice in this mapping; the first is on line ${lines.linePos(first).line}`
          )
        }
      }
    }
  })
  return { document, text, problems, report }
}

/** Follows aliases. Those without an anchor were reported when the file was parsed. */
export const resolve = (document: Document, node: unknown): Node | undefined => {
  let current = node
  for (let depth = 0; isAlias(current) && depth < 10; depth++) current = current.resolve(document)
  return isScalar(current) || isMap(current) || isSeq(current) ? current : undefined
}

/** The whole file as a section; an empty file is an empty mapping, anything but a mapping an error. */
export const rootSection = (file: ConfigFile): Section | undefined => {
  const node = resolve(file.document, file.document.contents)
  if (node === undefined || isEmpty(node)) return openSection(undefined, "", 0, file)
  return section({ node, path: "", offset: offsetOf(node, 0) }, file)
}

/** Reads a mapping as a section. */
export const section: Decoder<Section> = (found, file) => {
  if (isMap(found.node)) return openSection(found.node, found.path, found.offset, file)
  file.report("error", found, `expected a mapping, found ${describeNode(found.node)}`)
  return undefined
}

const openSection = (map: YAMLMap | undefined, path: string, offset: number, file: ConfigFile): Section => {
  const asked = new Set<string>()
  const pathOf = (key: string) => (path === "" ? key : `${path}.${key}`)

  const find: Section["find"] = (key) => {
    asked.add(key)
    const pair = map?.items.find((item) => scalarText(item.key) === key)
    const node = resolve(file.document, pair?.value)
    if (pair === undefined || node === undefined || isEmpty(node)) return undefined
    return { node, path: pathOf(key), offset: offsetOf(pair.value, offsetOf(pair.key, offset)) }
  }

  return {
    find,
    optional: (key, decode, fallback) => {
      const found = find(key)
      return (found === undefined ? undefined : decode(found, file)) ?? fallback
    },
    required: (key, decode) => {
      const found = find(key)
      if (found !== undefined) return decode(found, file)
      file.report("error", { path: pathOf(key), offset }, "is missing; it is required")
      return undefined
    },
    end: (unsupported = []) => {
      for (const { key } of map?.items ?? []) {
        const name = scalarText(key)
        const at = { path: nameable(name) ? pathOf(name) : path, offset: offsetOf(key, offset) }
        if (asked.has(name)) continue
        if (unsupported.includes(name)) {
          file.report("warning", at, "is not supported yet and has no effect")
        } else {
          const meant = closestName(name, [...asked, ...unsupported])
          file.report("error", at, `is not a known key${meant === undefined ? "" : `; did you mean "${meant}"?`}`)
        }
      }
    }
  }
}
