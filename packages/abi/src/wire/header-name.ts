/** Characters of a header name, RFC 9110, section 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * The canonical form of a header name: first letters and letters after `-` in upper case, the others in lower case
 * (`x-request-id` becomes `X-Request-Id`). A name with other characters than a header name may have stays as it is.
 */
export const canonicalHeaderName = (name: string): string =>
  token.test(name) ? name.toLowerCase().replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase()) : name

/** Header fields with canonical names. Values of names that fall together are joined in their order. */
export const canonicalHeaders = (
  headers: Iterable<readonly [name: string, value: string]>
): { readonly [name: string]: ReadonlyArray<string> } => {
  const values = new Map<string, Array<string>>()
  for (const [name, value] of headers) {
    const canonical = canonicalHeaderName(name)
    const list = values.get(canonical)
    if (list === undefined) values.set(canonical, [value])
    else list.push(value)
  }
  return Object.fromEntries(values)
}
