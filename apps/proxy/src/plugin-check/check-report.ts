import type { Registration } from "@cliproxy/abi"

/** One thing that was tried, and how it went. */
export interface Finding {
  /** Capability flag, or a stage of the plugin's life: `loading`, `registration`, `every plugin`, `ending`. */
  readonly subject: string
  /** What was tried, such as `scheduler.pick: three candidates`. */
  readonly tried: string
  readonly right: boolean
  /** What happened: for people. */
  readonly outcome: string
}

/** One thing that was not tried, since a right plugin may change or delete something by it. */
export interface Skip {
  /** Capability flag. */
  readonly subject: string
  /** What would have been tried. */
  readonly tried: string
}

/** What a check found. */
export interface CheckReport {
  readonly file: string
  readonly id: string
  /** Absent when the plugin did not get that far. */
  readonly registration?: Registration
  readonly findings: ReadonlyArray<Finding>
  readonly skipped: ReadonlyArray<Skip>
  /** Nothing was wrong. */
  readonly passed: boolean
}

const title = ({ file, id, registration }: CheckReport): ReadonlyArray<string> => [
  `file    ${file}`,
  registration === undefined
    ? `plugin  ${id}`
    : `plugin  ${id}: ${registration.metadata.Name} ${registration.metadata.Version}, schema ${registration.schema_version || 1}`
]

/** The report for people: one block for each subject, one line for each thing that was tried, and a closing sum. */
export const reportLines = (report: CheckReport): ReadonlyArray<string> => {
  const subjects = [...new Set(report.findings.map(({ subject }) => subject))]
  const left = report.skipped.length
  const wrong = report.findings.filter(({ right }) => !right).length
  return [
    ...title(report),
    ...subjects.flatMap((subject) => [
      "",
      subject,
      ...report.findings
        .filter((finding) => finding.subject === subject)
        .map(({ right, tried, outcome }) => `  ${right ? "ok   " : "WRONG"} ${tried}: ${outcome}`),
      ...report.skipped
        .filter((skip) => skip.subject === subject)
        .map(({ tried }) => `  left  ${tried}: not tried, it may change or delete something`)
    ]),
    "",
    `${report.findings.length - wrong} right, ${wrong} wrong${left === 0 ? "" : `, ${left} left out`}`,
    ...(left === 0 ? [] : ["What was left out may change or delete something: --exercise-all tries it, too."])
  ]
}
