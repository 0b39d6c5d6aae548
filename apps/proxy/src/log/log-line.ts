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

/** What logfmt wants no quotes around. */
const bare = /^[^\s"=]*$/

const logfmtValue = (value: unknown): string => {
  const text = typeof value === "string" ? value : Formatter.format(value)
  return bare.test(text) ? text : JSON.stringify(text)
}

const logfmtName = (name: string): string => (bare.test(name) ? name : name.replace(/[\s"=]/g, "_"))

/**
 * One line for machines, in logfmt (https://brandur.org/logfmt): what Effect's `Logger.formatLogFmt` writes, for half of
 * the time. A busy proxy writes a line for every request.
 */
export const logfmtLine: Logger.Logger<unknown, string> = Logger.make(({ cause, date, fiber, logLevel, message }) => {
  let line = `timestamp=${date.toISOString()} level=${logLevel.toUpperCase()} fiber=#${fiber.id}`
  for (const part of Array.isArray(message) ? message : [message]) line += ` message=${logfmtValue(part)}`
  if (cause.reasons.length > 0) line += ` cause=${logfmtValue(Cause.pretty(cause))}`
  const annotations = fiber.getRef(References.CurrentLogAnnotations)
  for (const name in annotations) line += ` ${logfmtName(name)}=${logfmtValue(annotations[name])}`
  return line
})
