import { Cause, Formatter, Logger, References } from "effect"

const plain = /^[\w./:@+-]+$/

const valueText = (value: unknown): string => {
  const text = typeof value === "string" ? value : Formatter.format(value)
  return plain.test(text) ? text : JSON.stringify(text)
}

/**
 * One line for people at a terminal: time, level, message, details. What comes from clients is quoted, so that it cannot
 * begin a line of its own or move the cursor. A defect's stack follows on lines of its own.
 */
export const terminalLine: Logger.Logger<unknown, string> = Logger.make(({ cause, date, fiber, logLevel, message }) => {
  const messages = Array.isArray(message) ? message : [message]
  const parts = [
    date.toTimeString().slice(0, 8),
    logLevel.toUpperCase().padEnd(5),
    ...messages.map((part: unknown) => (typeof part === "string" ? part : Formatter.format(part)))
  ]
  for (const [name, value] of Object.entries(fiber.getRef(References.CurrentLogAnnotations))) {
    parts.push(`${name}=${valueText(value)}`)
  }
  if (cause.reasons.length > 0) parts.push(`\n${Cause.pretty(cause)}`)
  return parts.join(" ")
})
