/** White space by Unicode's `White_Space` property: with U+0085, without the byte-order mark that `trim` removes. */
const space = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/

/** The text without white space at its ends, by the rule of Go's `strings.TrimSpace`, which plugin authors know. */
export const trimSpace = (text: string): string => {
  let start = 0
  let end = text.length
  while (start < end && space.test(text.charAt(start))) start++
  while (end > start && space.test(text.charAt(end - 1))) end--
  return text.slice(start, end)
}
