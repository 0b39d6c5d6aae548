import { isDeepStrictEqual } from "node:util"

import { Result } from "effect"
import { type Document, parseDocument } from "yaml"

import { changesBetween, isMapping, type SettingChange, valueAt, withChange } from "./settings-changes.ts"
import { spliceYaml, yamlStyle } from "./yaml-splice.ts"

/** Settings as JSON has them. The keys are those of the file. */
export type Settings = Readonly<Record<string, unknown>>

/** Each change reads the text again; beyond this many the whole file is written anew. */
const maxSplices = 200

/** Reads the settings of a file; `undefined` when it is no YAML, or no mapping. An empty file has no settings. */
export const readSettings = (text: string): Settings | undefined => {
  const value = valueOf(parse(text))
  return value === null ? {} : isMapping(value) ? value : undefined
}

/**
 * Makes the text of a YAML file say `wanted`, and changes nothing but what has to be: comments, order, quotes, blank
 * lines and everything that already says the same stay byte for byte. What cannot be changed in place (a value behind an
 * alias, a list of mappings that became another) is written anew, the smallest piece that will do. The result is read
 * again before it is given. Fails with a sentence for a text that cannot be edited.
 */
export const editYaml = (text: string, wanted: Settings): Result.Result<string, string> => {
  const settings = readSettings(text)
  if (settings === undefined) return Result.fail("it is not a YAML mapping")
  const changes = changesBetween(settings, wanted)
  let edited: string | undefined = text
  if (changes.length <= maxSplices) {
    for (const change of changes) edited = edited === undefined ? undefined : spliced(edited, change)
    if (edited !== undefined && says(edited, wanted)) return Result.succeed(edited)
  }
  const whole = rewritten(text, changes)
  return says(whole, wanted)
    ? Result.succeed(whole)
    : Result.fail("the change cannot be written into it; is what changes used in other places by an alias?")
}

const parse = (text: string): Document => parseDocument(text, { uniqueKeys: false, prettyErrors: false })

/** What a document says; `undefined` for one with errors. */
const valueOf = (document: Document): unknown => {
  if (document.errors.length > 0) return undefined
  try {
    return document.toJS() as unknown
  } catch {
    // An alias without an anchor, or one that stands for too much.
    return undefined
  }
}

const says = (text: string, wanted: unknown): boolean => isDeepStrictEqual(readSettings(text), wanted)

/** Makes a change where it belongs, or in the next larger piece around it. */
const spliced = (text: string, change: SettingChange): string | undefined => {
  const document = parse(text)
  const wanted = withChange(valueOf(document) ?? {}, change)
  const pieces: ReadonlyArray<SettingChange> = [
    change,
    ...change.path
      .slice(1)
      .map((_, index) => change.path.slice(0, -1 - index))
      .map((path) => ({ path, value: valueAt(wanted, path) }))
  ]
  for (const piece of pieces) {
    const edited = spliceYaml(text, document, piece)
    if (edited !== undefined && says(edited, wanted)) return edited
  }
  return undefined
}

/** The document with the changes, written anew as a whole: the comments stay, the spaces may not. */
const rewritten = (text: string, changes: ReadonlyArray<SettingChange>): string => {
  const document = parse(text)
  try {
    for (const { path, value } of changes) {
      if (path.length === 0) document.contents = document.createNode(value)
      else if (value === undefined) document.deleteIn(path)
      else document.setIn(path, document.createNode(value))
    }
    return document.toString(yamlStyle)
  } catch {
    return text
  }
}
