import type { BenchResult, Mark } from "./bench.ts"
import type { Comparison, MeasuredRatio } from "./paired-rounds.ts"
import { type Measure, measures } from "./sample.ts"

/** Three digits that matter, without an exponent. */
const number = (value: number): string => {
  if (!Number.isFinite(value)) return "-"
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en")
  return String(Number(value.toPrecision(3)))
}

const ratio = ({ ratio: { median, low, high } }: MeasuredRatio): string =>
  Number.isFinite(median) ? `${median.toFixed(2)}x [${low.toFixed(2)}-${high.toFixed(2)}]` : "-"

const columns = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd()
  )
}

/** The comparisons that share a subject and a baseline, as one table: the baseline first, then who is compared. */
const table = (comparisons: ReadonlyArray<Comparison>): ReadonlyArray<string> => {
  const [first] = comparisons
  if (first === undefined) return []
  const shown = (Object.keys(measures) as ReadonlyArray<Measure>).filter((measure) => first.measures[measure])
  const head = [first.subject, ...shown.flatMap((measure) => [measures[measure], "ratio"])]
  const baseline = [first.baseline, ...shown.flatMap((measure) => [number(first.measures[measure]!.baseline), "1"])]
  const rest = comparisons.map((comparison) => [
    comparison.contender,
    ...shown.flatMap((measure) => {
      const measured = comparison.measures[measure]
      return measured === undefined ? ["", ""] : [number(measured.contender), ratio(measured)]
    })
  ])
  return columns([head, baseline, ...rest])
}

/** Whether a mark is met. A measure that is missing is not. */
export const isMet = ({ atMost, measured }: Mark): boolean => measured <= atMost

const markLine = (mark: Mark): ReadonlyArray<string> => {
  const { unit = "x" } = mark
  return [
    mark.name,
    `${Number.isFinite(mark.measured) ? mark.measured.toFixed(2) : "-"}${unit}`,
    `<= ${mark.atMost}${unit}`,
    isMet(mark) ? "met" : "missed"
  ]
}

/** What a bench found, as text for a terminal. */
export const renderResult = (name: string, { comparisons, lines = [], marks }: BenchResult): string => {
  const groups = new Map<string, Array<Comparison>>()
  for (const comparison of comparisons) {
    const key = `${comparison.subject}\n${comparison.baseline}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [comparison])
    else group.push(comparison)
  }
  return [
    `== ${name}`,
    ...(lines.length === 0 ? [] : ["", ...lines]),
    ...[...groups.values()].flatMap((group) => ["", ...table(group)]),
    ...(marks.length === 0 ? [] : ["", ...columns(marks.map(markLine))]),
    ""
  ].join("\n")
}
