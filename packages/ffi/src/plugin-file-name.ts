import { libraryExtension } from "./platform.ts"

/** What a library's file name says. */
export interface PluginFileName {
  readonly id: string
  /** Empty when the name carries no version. */
  readonly version: string
}

const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
const versionPattern = /^[0-9][0-9A-Za-z.+-]*$/

/**
 * Reads ID and version from the name of a library file: `geo-v1.4.2.so` is version `1.4.2` of `geo`. `undefined` when
 * the file has another extension or no valid ID. Source: plugin ABI, file names.
 */
export const parsePluginFileName = (
  fileName: string,
  platform: NodeJS.Platform = process.platform
): PluginFileName | undefined => {
  const extension = libraryExtension(platform)
  if (!fileName.toLowerCase().endsWith(extension)) return undefined
  const name = fileName.slice(0, -extension.length)
  const mark = name.lastIndexOf("-v")
  if (mark > 0) {
    const id = name.slice(0, mark)
    const version = name.slice(mark + 2)
    if (idPattern.test(id) && versionPattern.test(version)) return { id, version }
  }
  return idPattern.test(name) ? { id: name, version: "" } : undefined
}

const numbersOf = (version: string): ReadonlyArray<bigint> | undefined => {
  const segments = version.split(".")
  return segments.every((segment) => /^[0-9]+$/.test(segment)) ? segments.map(BigInt) : undefined
}

/**
 * Orders two versions: segment by segment as numbers, a missing segment counting as 0; as texts when either has a
 * segment that is no number. Negative, zero or positive, as for `Array.sort`. Source: plugin ABI, one file per ID.
 */
export const compareVersions = (left: string, right: string): number => {
  const leftNumbers = numbersOf(left)
  const rightNumbers = numbersOf(right)
  if (leftNumbers === undefined || rightNumbers === undefined) return left < right ? -1 : left > right ? 1 : 0
  for (let i = 0; i < Math.max(leftNumbers.length, rightNumbers.length); i++) {
    const difference = (leftNumbers[i] ?? 0n) - (rightNumbers[i] ?? 0n)
    if (difference !== 0n) return difference < 0n ? -1 : 1
  }
  return 0
}

/** A pin as the configuration has it, without a leading `v`; `undefined` when the text is no version. */
export const parsePin = (pin: string | undefined): string | undefined => {
  const version = pin?.trim().replace(/^[vV]/, "")
  return version !== undefined && versionPattern.test(version) ? version : undefined
}
