import { readdirSync, readFileSync } from "node:fs"

const folder = new URL("fixtures/", import.meta.url)

/** The text of a fixture. */
export const fixtureText = (path: string): string => readFileSync(new URL(path, folder), "utf8")

/** The JSON files of a folder of fixtures, by their names without the extension. */
export const fixtures = (name: string): ReadonlyArray<readonly [name: string, value: unknown]> =>
  readdirSync(new URL(`${name}/`, folder))
    .filter((file) => file.endsWith(".json"))
    .map((file) => [file.slice(0, -".json".length), JSON.parse(fixtureText(`${name}/${file}`)) as unknown])

/** The `data` of each event of a stream that was recorded line by line. */
export const eventData = (sse: string): ReadonlyArray<string> =>
  sse
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trim())
