import type { ConfigurationSettings } from "./configuration.ts"
import { isObject } from "./management-body.ts"

/** What stands under these keys; `undefined` for nothing. */
export const settingAt = (settings: ConfigurationSettings, keys: ReadonlyArray<string>): unknown =>
  keys.reduce<unknown>(
    (value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    settings
  )

/** The settings with another value under these keys. What is on the way and no mapping becomes one. */
export const withSetting = (
  settings: ConfigurationSettings,
  [key, ...rest]: readonly [string, ...ReadonlyArray<string>],
  value: unknown
): ConfigurationSettings => {
  const [next, ...others] = rest
  if (next === undefined) return { ...settings, [key]: value }
  const inner = settingAt(settings, [key])
  return { ...settings, [key]: withSetting(isObject(inner) ? inner : {}, [next, ...others], value) }
}
