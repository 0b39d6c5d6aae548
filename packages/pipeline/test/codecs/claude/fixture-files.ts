import { readdirSync, readFileSync } from "node:fs"

const folder = new URL("./fixtures/", import.meta.url)

/** Names of the cases in a folder of fixtures: its JSON files. */
export const casesIn = (kind: string): ReadonlyArray<string> =>
  readdirSync(new URL(`${kind}/`, folder))
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))

/** The JSON of a fixture. */
export const fixture = (path: string): unknown => JSON.parse(readFileSync(new URL(`${path}.json`, folder), "utf8"))

/** The text of a recorded stream. */
export const stream = (name: string): string => readFileSync(new URL(`streams/${name}.sse`, folder), "utf8")
