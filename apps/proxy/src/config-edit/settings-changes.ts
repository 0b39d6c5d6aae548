import { isDeepStrictEqual } from "node:util"

/** Where a value stands among the settings: keys of mappings, indexes of lists. */
export type SettingPath = ReadonlyArray<string | number>

/** One step from the settings as they are to those that are wanted. */
export interface SettingChange {
  readonly path: SettingPath
  /** What is to stand there; `undefined`: nothing. An index past the end of a list adds to it. */
  readonly value: unknown
}

type Mapping = Readonly<Record<string, unknown>>

/** True for a mapping, in the form in which YAML and JSON are read. */
export const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isList = (value: unknown): value is ReadonlyArray<unknown> => Array.isArray(value)

/**
 * The fewest and smallest changes that lead from `before` to `after`, in the order in which they have to be made: what
 * is the same on both sides is not touched, however deep it stands.
 */
export const changesBetween = (
  before: unknown,
  after: unknown,
  path: SettingPath = []
): ReadonlyArray<SettingChange> => {
  if (isDeepStrictEqual(before, after)) return []
  if (isMapping(before) && isMapping(after) && (path.length === 0 || (!isEmpty(before) && !isEmpty(after)))) {
    return mappingChanges(before, after, path)
  }
  if (isList(before) && isList(after) && before.length > 0 && after.length > 0) return listChanges(before, after, path)
  return [{ path, value: after }]
}

/** The settings after a change. `undefined` where the path leads nowhere. */
export const withChange = (settings: unknown, { path, value }: SettingChange): unknown => {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (isList(settings) && typeof step === "number") {
    if (rest.length === 0 && value === undefined) return settings.toSpliced(step, 1)
    return settings.toSpliced(step, 1, withChange(settings[step], { path: rest, value }))
  }
  if (!isMapping(settings)) return undefined
  const next = withChange(ownValue(settings, String(step)), { path: rest, value })
  const others = Object.entries(settings).filter(([key]) => key !== String(step))
  if (next === undefined) return Object.fromEntries(others)
  if (others.length === Object.keys(settings).length) return Object.fromEntries([...others, [String(step), next]])
  return Object.fromEntries(Object.entries(settings).map(([key, old]) => [key, key === String(step) ? next : old]))
}

/** What stands at a path; `undefined` for nothing. */
export const valueAt = (settings: unknown, path: SettingPath): unknown =>
  path.reduce<unknown>(
    (value, step) =>
      isList(value) && typeof step === "number"
        ? value[step]
        : isMapping(value)
          ? ownValue(value, String(step))
          : undefined,
    settings
  )

const ownValue = (mapping: Mapping, key: string): unknown => (Object.hasOwn(mapping, key) ? mapping[key] : undefined)

const isEmpty = (mapping: Mapping): boolean => Object.keys(mapping).length === 0

const mappingChanges = (before: Mapping, after: Mapping, path: SettingPath): ReadonlyArray<SettingChange> => {
  const kept = Object.keys(before).filter((key) => Object.hasOwn(after, key))
  // With nothing left of it, it is another mapping.
  if (kept.length === 0 && path.length > 0) return [{ path, value: after }]
  const removed = Object.keys(before).filter((key) => !Object.hasOwn(after, key))
  const added = Object.keys(after).filter((key) => !Object.hasOwn(before, key))
  return [
    ...kept.flatMap((key) => changesBetween(before[key], after[key], [...path, key])),
    ...removed.map((key) => ({ path: [...path, key], value: undefined })),
    ...added.map((key) => ({ path: [...path, key], value: after[key] }))
  ]
}

const listChanges = (
  before: ReadonlyArray<unknown>,
  after: ReadonlyArray<unknown>,
  path: SettingPath
): ReadonlyArray<SettingChange> => {
  if (before.length > after.length) {
    const gone = missingFrom(before, after)
    if (gone === undefined) return [{ path, value: after }]
    return gone.toReversed().map((index) => ({ path: [...path, index], value: undefined }))
  }
  return [
    ...before.flatMap((item, index) => changesBetween(item, after[index], [...path, index])),
    ...after.slice(before.length).map((value, index) => ({ path: [...path, before.length + index], value }))
  ]
}

/** The indexes of what is left out of a list in another one, which has the rest in the same order; else `undefined`. */
const missingFrom = (
  before: ReadonlyArray<unknown>,
  after: ReadonlyArray<unknown>
): ReadonlyArray<number> | undefined => {
  const missing: Array<number> = []
  let matched = 0
  for (const [index, item] of before.entries()) {
    if (matched < after.length && isDeepStrictEqual(item, after[matched])) matched++
    else missing.push(index)
  }
  return matched === after.length ? missing : undefined
}
