// Adds up what every package's test runner reported, so that an empty or a cut run cannot pass for a green one.
// Each testable package leaves .test-results/<runner>.json: vitest's JSON report, or { passed, failed, skipped }.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { join, relative } from "node:path"

/** Entries of a folder, or none when it does not exist. */
const entriesOf = (folder) => (existsSync(folder) ? readdirSync(folder).sort() : [])

const isFolder = (path) => statSync(path).isDirectory()

const packagesWith = (root) => {
  const examples = entriesOf(join(root, "examples"))
    .map((name) => join(root, "examples", name))
    .filter(isFolder)
  return [join(root, "packages"), join(root, "apps"), ...examples]
    .flatMap((group) => entriesOf(group).map((name) => join(group, name)))
    .concat(join(root, "examples"))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }))
    .filter(({ manifest }) => manifest.scripts?.test !== undefined)
}

const countsOf = (report) =>
  "numTotalTests" in report
    ? {
        passed: report.numPassedTests,
        failed: report.numFailedTests + brokenSuites(report),
        skipped: report.numPendingTests + report.numTodoTests
      }
    : report

/** A test file that fails to load has no tests to count; it still is a failure. */
const brokenSuites = (report) =>
  report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length

/** The names of a report's tests that failed, and of its files that did not load. */
const failuresOf = (report) =>
  (report.testResults ?? []).flatMap((file) => {
    const failed = file.assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName)
    return file.status === "failed" && file.assertionResults.length === 0
      ? [`${file.name} (did not load)`]
      : failed.map((name) => `${file.name}: ${name}`)
  })

/** Removes earlier reports, so that only this run's are counted. */
export const clearTestResults = (root) => {
  for (const { folder } of packagesWith(root)) rmSync(join(folder, ".test-results"), { recursive: true, force: true })
}

/** Prints one line per package and the closing sum; returns the exit code. */
export const printTestSummary = (root, turboStatus) => {
  const total = { passed: 0, failed: 0, skipped: 0 }
  const silent = []
  const failures = []
  for (const { folder, manifest } of packagesWith(root)) {
    const reports = entriesOf(join(folder, ".test-results")).filter((file) => file.endsWith(".json"))
    if (reports.length === 0) silent.push(manifest.name)
    for (const file of reports) {
      const report = JSON.parse(readFileSync(join(folder, ".test-results", file), "utf8"))
      const counts = countsOf(report)
      failures.push(...failuresOf(report))
      for (const key of Object.keys(total)) total[key] += counts[key] ?? 0
      console.log(
        `${relative(root, folder)} (${file.replace(/\.json$/, "")}): ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped ?? 0} skipped`
      )
    }
  }
  for (const name of silent) {
    console.log(`${name}: no test report, counted as a failure`)
    total.failed += 1
  }
  if (turboStatus !== 0 && total.failed === 0) {
    console.log(
      `the test run ended with status ${turboStatus} although every reported test passed, counted as a failure`
    )
    total.failed += 1
  }
  // Last, since the runners' own words are thousands of lines up.
  for (const failure of failures) console.log(`failed: ${relative(root, failure)}`)
  console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`)
  return total.failed === 0 && total.passed > 0 ? 0 : 1
}
