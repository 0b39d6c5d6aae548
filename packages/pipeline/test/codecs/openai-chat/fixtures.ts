import { readdirSync, readFileSync } from "node:fs"

const FOLDER = new URL("fixtures/", import.meta.url)

/** A JSON file of the corpus. */
export const readFixture = (path: string): unknown => JSON.parse(readFileSync(new URL(path, FOLDER), "utf8"))

/** Names of the files in a folder of the corpus that end in `ending`, without it. */
export const fixtureNames = (folder: string, ending: string): ReadonlyArray<string> =>
  readdirSync(new URL(`${folder}/`, FOLDER))
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))

/** The `data` of the events in an `.sse` file. Comments and blank lines are left out. */
export const readEvents = (path: string): ReadonlyArray<string> =>
  readFileSync(new URL(path, FOLDER), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trim())

/** What is left of a value when it goes over the wire. */
export const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
