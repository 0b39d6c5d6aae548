import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  Scalar,
  stringify,
  type YAMLMap,
  type YAMLSeq
} from "yaml"

import { scalarText } from "../config/yaml-scalar.ts"
import { type SettingChange, type SettingPath } from "./settings-changes.ts"

/**
 * How values are written: lines are not broken, and texts that older readers of YAML take for truth values are quoted.
 */
export const yamlStyle = { lineWidth: 0, compat: "yaml-1.1" } as const

/**
 * Makes one change in the text of a YAML document and leaves every other byte alone. Gives `undefined` where that is not
 * simple: an alias on the way, a shape of another kind, a key that begins on the line of a list's dash. What it gives is
 * to be read again and compared: it works on what usually stands in a file, not on all that YAML allows.
 */
export const spliceYaml = (text: string, document: Document, { path, value }: SettingChange): string | undefined => {
  const step = path.at(-1)
  if (step === undefined) return undefined
  const { contents } = document
  if (contents === null && path.length === 1)
    return appendLines(text, text.length, rendered({ [step]: value }, 0, text))
  const parent = nodeAt(contents, path.slice(0, -1))
  if (isMap(parent)) return spliceMapping({ text, parent, key: String(step), value })
  if (isSeq(parent) && typeof step === "number") return spliceList({ text, parent, index: step, value })
  return undefined
}

const pairOf = (map: YAMLMap, key: string): Pair | undefined => map.items.find((pair) => scalarText(pair.key) === key)

const nodeAt = (root: unknown, path: SettingPath): unknown =>
  path.reduce<unknown>((node, step) => {
    if (isMap(node)) return pairOf(node, String(step))?.value
    return isSeq(node) && typeof step === "number" ? node.items[step] : undefined
  }, root)

interface MappingChange {
  readonly text: string
  readonly parent: YAMLMap
  readonly key: string
  readonly value: unknown
}

const spliceMapping = ({ key, parent, text, value }: MappingChange): string | undefined => {
  const spans = parent.items.map((pair) => pairSpan(text, pair))
  const [first] = spans
  const index = parent.items.findIndex((pair) => scalarText(pair.key) === key)
  if (first === undefined) return undefined
  if (index < 0) {
    const end = endOf(spans)
    if (parent.flow === true) return insert(text, end, `, ${inlineText(key)}: ${inline(value)}`)
    return appendLines(text, nextLine(text, end), rendered({ [key]: value }, columnOf(text, first.start), text))
  }
  const pair = parent.items[index]
  const span = spans[index]
  if (pair === undefined || span === undefined) return undefined
  if (value === undefined) return parent.flow === true ? cutFlow(text, spans, index) : cutLines(text, span, /^[ \t]*$/)
  const scalar = replaceScalar(text, pair.value, value)
  if (scalar !== undefined) return scalar
  if (parent.flow === true) return replace(text, span, `${inlineText(key)}: ${inline(value)}`)
  const column = columnOf(text, span.start)
  const lines = rendered({ [key]: value }, column, text).slice(column)
  return replace(text, span, text[span.end - 1] === "\n" ? lines : lines.trimEnd())
}

interface ListChange {
  readonly text: string
  readonly parent: YAMLSeq
  readonly index: number
  readonly value: unknown
}

const spliceList = ({ index, parent, text, value }: ListChange): string | undefined => {
  const spans = parent.items.map((item) => nodeSpan(item))
  if (!spans.every((span) => span !== undefined) || parent.range == null) return undefined
  const span = spans[index]
  if (span === undefined) {
    if (parent.flow === true) return insert(text, endOf(spans), `, ${inline(value)}`)
    return appendLines(text, nextLine(text, endOf(spans)), rendered([value], columnOf(text, parent.range[0]), text))
  }
  if (value === undefined)
    return parent.flow === true ? cutFlow(text, spans, index) : cutLines(text, span, /^[ \t]*- +$/)
  return replaceScalar(text, parent.items[index], value)
}

/** Where something stands in the text: from `start` to before `end`. */
interface Span {
  readonly start: number
  readonly end: number
}

/** A node without what follows it: comments, blank lines. */
const nodeSpan = (node: unknown): Span | undefined => {
  if (!isMap(node) && !isSeq(node) && !isScalar(node) && !isAlias(node)) return undefined
  const { range } = node
  if (range == null) return undefined
  const last: unknown = isMap(node) || isSeq(node) ? node.items.at(-1) : undefined
  if (last === undefined || (isMap(node) || isSeq(node) ? node.flow === true : true)) {
    return { start: range[0], end: range[1] }
  }
  const inner = isMap(node) ? (nodeSpan(node.items.at(-1)?.value) ?? nodeSpan(node.items.at(-1)?.key)) : nodeSpan(last)
  return { start: range[0], end: inner?.end ?? range[1] }
}

/** A key, its colon and its value. */
const pairSpan = (text: string, { key, value }: Pair): Span => {
  const start = nodeSpan(key)
  const written = nodeSpan(value)
  const colon = text.indexOf(":", start?.end ?? 0) + 1
  return { start: start?.start ?? 0, end: written === undefined || written.end < colon ? colon : written.end }
}

const endOf = (spans: ReadonlyArray<Span>): number => spans.at(-1)?.end ?? 0

/** A scalar in place of a scalar, in the same quotes where they will do. */
const replaceScalar = (text: string, node: unknown, value: unknown): string | undefined => {
  if (!isScalar(node) || node.range == null || node.anchor !== undefined || node.tag !== undefined) return undefined
  const isBlock = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED
  if (isBlock || node.range[0] === node.range[1] || (typeof value === "object" && value !== null)) return undefined
  return replace(text, { start: node.range[0], end: node.range[1] }, inline(value, node))
}

/** A value on one line, as it may stand in any place. */
const inline = (value: unknown, like?: Scalar): string => {
  if (typeof value === "string") return inlineText(value, like)
  return Object.is(value, -0) ? "-0" : (JSON.stringify(value) ?? "null")
}

/** Words that some reader of YAML takes for something else than text. */
const special = /^(?:y|n|yes|no|on|off|true|false|null)$/i

const inlineText = (value: string, like?: Scalar): string => {
  const quoted = like?.type === Scalar.QUOTE_DOUBLE || like?.type === Scalar.QUOTE_SINGLE
  if (!quoted && /^[A-Za-z_][\w-]*$/.test(value) && !special.test(value)) return value
  // Printable characters alone: anything else needs the escapes of double quotes.
  if (like?.type === Scalar.QUOTE_SINGLE && /^[\x20-\x26\x28-\x7e]*$/.test(value)) return `'${value}'`
  return JSON.stringify(value)
}

/** The lines of a value in block style, `column` spaces to the right. */
const rendered = (value: unknown, column: number, text: string): string => {
  const margin = " ".repeat(column)
  const lines = stringify(value, yamlStyle).split("\n")
  const indented = lines.map((line) => (line === "" ? line : margin + line)).join("\n")
  return text.includes("\r\n") ? indented.replaceAll("\n", "\r\n") : indented
}

const replace = (text: string, { end, start }: Span, by: string): string => text.slice(0, start) + by + text.slice(end)

const insert = (text: string, at: number, what: string): string => replace(text, { start: at, end: at }, what)

/** Inserts whole lines where a line begins, or behind the last one. */
const appendLines = (text: string, at: number, lines: string): string => {
  const newline = text.includes("\r\n") ? "\r\n" : "\n"
  const open = at > 0 && text[at - 1] !== "\n"
  return insert(text, at, open ? newline + lines : lines)
}

const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1

const columnOf = (text: string, at: number): number => at - lineStart(text, at)

/** Where the line after the one that `end` stands on begins; block scalars end there already. */
const nextLine = (text: string, end: number): number => {
  if (end > 0 && text[end - 1] === "\n") return end
  const newline = text.indexOf("\n", end)
  return newline < 0 ? text.length : newline + 1
}

/** Removes whole lines, when nothing but `before` stands in front on the first. */
const cutLines = (text: string, { end, start }: Span, before: RegExp): string | undefined => {
  const from = lineStart(text, start)
  return before.test(text.slice(from, start)) ? replace(text, { start: from, end: nextLine(text, end) }, "") : undefined
}

/** Removes one of several items between brackets, with one of the commas beside it. */
const cutFlow = (text: string, spans: ReadonlyArray<Span>, index: number): string | undefined => {
  const span = spans[index]
  const next = spans[index + 1]
  const previous = spans[index - 1]
  if (span === undefined) return undefined
  if (next !== undefined) return replace(text, { start: span.start, end: next.start }, "")
  return previous === undefined ? undefined : replace(text, { start: previous.end, end: span.end }, "")
}
