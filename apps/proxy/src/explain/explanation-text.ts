import type { ShownCandidate, ShownExplanation } from "./explanation.ts"

/** A time from now in words: `38 s`, `12 min`, `3 h`, `2 d`. Both are in milliseconds since the epoch. */
const fromNow = (at: number, now: number): string => {
  const seconds = Math.max(0, Math.ceil((at - now) / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`
  return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}

/** Why rests begin, in words. */
const causes: Readonly<Record<string, string>> = {
  "rate-limited": "the provider limits its rate",
  rejected: "the provider refuses its key",
  "model-missing": "the provider does not know the model for it",
  "upstream-failed": "the provider failed",
  unreachable: "the provider could not be reached"
}

const coolingText = (excluded: NonNullable<ShownCandidate["excluded"]>, now: number): string => {
  const { because = "", probe_at: probeAt, status, until } = excluded
  const over = until ? Date.parse(until) : now
  const rests = over > now ? `rests for ${fromNow(over, now)}` : "rests until a request has tried it"
  const cause = `${causes[because] ?? because}${status ? ` (${status})` : ""}`
  const probe = probeAt ? `; one request may try it in ${fromNow(Date.parse(probeAt), now)}` : ""
  return `${rests}: ${cause}${probe}`
}

const stateOf = ({ excluded }: ShownCandidate, now: number): string => {
  if (excluded === null) return "ready"
  switch (excluded.reason) {
    case "cooling":
      return coolingText(excluded, now)
    case "lower-tier":
      return "ready, but a higher tier is served first"
    case "at-capacity":
      return excluded.cap === "route"
        ? `ready, but ${excluded.limit ?? 0} requests are the cap of the model over all credentials`
        : `full: ${excluded.limit ?? 0} requests are its cap${excluded.cap === "model" ? " for this model" : ""}`
    case "held":
      return "has just recovered, and gets a bounded share"
    case "probing":
      return "a request is finding out whether it still has to rest"
    case "weightless":
      return "has a weight of 0, so that weighted-round-robin never picks it"
    case "disabled":
      return "disabled in the configuration"
    default:
      return excluded.reason
  }
}

const headline = (explanation: ShownExplanation, now: number): string => {
  const { chosen, in_place_of: absent, model, retry_at: retryAt } = explanation
  const subject = absent ? `${absent}: nobody has it; ${model} stands in for it` : model
  if (chosen === null) {
    const back = retryAt ? ` The first is back in ${fromNow(Date.parse(retryAt), now)}.` : ""
    return `${subject}: nobody can serve it now.${back}`
  }
  const { affinity, plugin, strategy } = chosen.by
  const why = affinity ? "it is the session's own" : plugin === null ? `by ${strategy}` : `by plugin ${plugin}`
  return `${subject}: ${chosen.credential} would serve it now (tier ${chosen.tier}, ${why})`
}

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 2)))
      .join("")
      .trimEnd()
  )
}

/** Control characters of names would move the cursor. */
// oxlint-disable-next-line no-control-regex -- They are what has to go.
const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?")

/** An explanation for people: who would be picked, then a line for each candidate. `now` is in milliseconds. */
export const explanationText = (explanation: ShownExplanation, now: number): ReadonlyArray<string> => {
  const { candidates, candidates_total: total, chosen, fallbacks, scheduler_plugin: plugin } = explanation
  const rows = candidates.map((candidate) => [
    candidate.credential === chosen?.credential ? "->" : "",
    candidate.credential,
    candidate.provider,
    String(candidate.tier),
    String(candidate.in_flight),
    stateOf(candidate, now)
  ])
  return [
    headline(explanation, now),
    "",
    ...table([["", "CREDENTIAL", "PROVIDER", "TIER", "IN FLIGHT", "STATE"], ...rows]),
    ...(total > candidates.length ? [`... and ${total - candidates.length} more`] : []),
    ...(plugin === null
      ? []
      : ["", `The scheduler plugin ${plugin} is asked first for every request, and may choose another.`]),
    ...(fallbacks.length === 0 ? [] : ["", `When nobody can serve it, these models stand in: ${fallbacks.join(", ")}`])
  ].map(printable)
}
