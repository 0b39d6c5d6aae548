// Runs the Go tests and leaves their counts in .test-results/go.json, where the repository's test summary finds them.
import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))

const go = (args, stdio) => spawnSync("go", args, { cwd: here, encoding: "utf8", stdio, maxBuffer: 256 * 1024 * 1024 })

/** Writes the counts and ends the process. */
const report = (counts) => {
  mkdirSync(join(here, ".test-results"), { recursive: true })
  writeFileSync(join(here, ".test-results", "go.json"), `${JSON.stringify(counts)}\n`)
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1)
}

/** Reads the events of `go test -json`, one JSON object a line. Another line is text of the go command itself. */
const eventsOf = (text) =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (line.startsWith("{") ? JSON.parse(line) : { Action: "output", Output: `${line}\n` }))

/** Gathers the events by test. A test without an outcome was cut off by a crash or a time limit, so it failed. */
const testsOf = (events) => {
  const tests = new Map()
  for (const { Test: name, Action: action, Output: output = "" } of events) {
    if (name === undefined) continue
    const test = tests.get(name) ?? { outcome: "fail", output: "" }
    if (action === "pass" || action === "skip" || action === "fail") test.outcome = action
    tests.set(name, { ...test, output: test.output + output })
  }
  return tests
}

/** Keeps the tests that count: those without subtests, and those that failed although every subtest passed. */
const countedTests = (tests) => {
  const all = [...tests]
  return all.filter(([name, { outcome }]) => {
    const subtests = all.filter(([other]) => other.startsWith(`${name}/`))
    return subtests.length === 0 || (outcome === "fail" && subtests.every(([, subtest]) => subtest.outcome !== "fail"))
  })
}

const vet = go(["vet", "./..."], "inherit")
if (vet.error) console.error(`cannot run go: ${vet.error.message}`)
if (vet.status !== 0) report({ passed: 0, failed: 1, skipped: 0 })

const run = go(["test", "-count=1", "-json", "./..."], ["ignore", "pipe", "inherit"])
const events = eventsOf(run.stdout)
const tests = countedTests(testsOf(events))
const counts = { passed: 0, failed: 0, skipped: 0 }
for (const [name, { outcome, output }] of tests) {
  counts[{ pass: "passed", fail: "failed", skip: "skipped" }[outcome]] += 1
  console.log(`${outcome.toUpperCase()} ${name.replaceAll("_", " ")}`)
  if (outcome === "fail") process.stdout.write(output)
}
if (run.status !== 0 && counts.failed === 0) {
  for (const { Test: name, Output: output } of events) if (name === undefined) process.stdout.write(output ?? "")
  counts.failed = 1
}
report(counts)
