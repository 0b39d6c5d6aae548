/** The end of a text whose other half is still to come. */
export interface HalfHolder {
  /** A high surrogate, or empty. */
  held: string
}

/**
 * One piece of a text that was cut anywhere, without half a surrogate pair: a half at its end is held back until the
 * next piece brings the other. Halves that belong to nothing become U+FFFD.
 */
export const wholePiece = (holder: HalfHolder, piece: string): string => {
  const text = holder.held === "" ? piece : holder.held + piece
  const last = text.charCodeAt(text.length - 1)
  const cut = last >= 0xd800 && last <= 0xdbff
  holder.held = cut ? text.slice(-1) : ""
  const whole = cut ? text.slice(0, -1) : text
  return whole.isWellFormed() ? whole : whole.toWellFormed()
}

/** What is left when no more pieces come. */
export const lastPiece = (holder: HalfHolder): string => {
  if (holder.held === "") return ""
  holder.held = ""
  return "\ufffd"
}
