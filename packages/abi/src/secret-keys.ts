const secretParts = [
  "api_key",
  "apikey",
  "token",
  "secret",
  "cookie",
  "credential",
  "password",
  "storage",
  "authorization",
  "auth_header",
  "proxy_url"
]

/**
 * True for attribute names that look as if their value were secret. Errs on the side of hiding: `max_tokens` is one.
 * The name counts in lower case; also with `-`, `.` and blanks as `_`; also without any of the four.
 * Source: plugin ABI, scheduler (`docs/plugin-abi.md`).
 */
export const isSecretKey = (name: string): boolean => {
  const lower = name.toLowerCase()
  const forms = [lower, lower.replaceAll(/[-. ]/g, "_"), lower.replaceAll(/[-. _]/g, "")]
  return secretParts.some((part) => forms.some((form) => form.includes(part)))
}

/** A copy of a map without the keys that look secret: what a plugin may see of a credential's attributes. */
export const withoutSecretKeys = <T>(map: { readonly [name: string]: T }): { readonly [name: string]: T } =>
  Object.fromEntries(Object.entries(map).filter(([name]) => !isSecretKey(name)))
