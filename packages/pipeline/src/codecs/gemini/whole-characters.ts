/** Whether a text ends in the first half of a surrogate pair. */
export const endsInHalf = (text: string): boolean => {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff
}

/** A text without the half of a surrogate pair at its end, and with U+FFFD for every other half. */
export const mendText = (text: string): string => (endsInHalf(text) ? text.slice(0, -1) : text).toWellFormed()
