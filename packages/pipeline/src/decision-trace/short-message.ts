/** Most characters of a message that are kept. */
const MAX_CHARACTERS = 200

/**
 * What keys look like. Providers' texts come without the key that was used (`redactorOf`), but a text may quote another
 * one, or a plugin's own.
 */
const KEYS: ReadonlyArray<readonly [RegExp, string]> = [
  [/\b(bearer|basic)\s+[^\s"',;]+/gi, "$1 [redacted]"],
  [/\b(?:sk|pk|rk|gsk|xai|ghp|gho)[-_][\w-]{6,}/gi, "[redacted]"],
  [/\bAIza[\w-]{16,}/g, "[redacted]"],
  [/\bya29\.[\w-]{8,}/g, "[redacted]"],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, "[redacted]"],
  [
    /((?:api[-_]?key|access[-_]?token|auth[-_]?token|token|secret|password|[?&]key)["']?\s*[=:]\s*["']?)[^\s"'&,;}]+/gi,
    "$1[redacted]"
  ],
  [/(:\/\/)[^\s/@]+@/g, "$1[redacted]@"]
]

/** What a text may be long before it is looked at: nobody's regular expressions read megabytes. */
const MAX_READ = 2_000

/** A message for a trace: one line, without what looks like a key, and not long. */
export const shortMessage = (text: string): string => {
  let short = text.slice(0, MAX_READ)
  for (const [pattern, instead] of KEYS) short = short.replace(pattern, instead)
  // oxlint-disable-next-line no-control-regex -- Control characters are what has to go.
  short = short.replace(/[\s\u0000-\u001f\u007f]+/g, " ").trim()
  return short.length <= MAX_CHARACTERS ? short : `${short.slice(0, MAX_CHARACTERS - 1)}…`
}
