/**
 * Writes all files of a folder anew, again and again, until it is killed: `keep-writing.ts FOLDER`. Says `writing` when
 * it begins. A file is whole when its `token` and its `proof` say the same.
 *
 * It uses the function that writes credential files and nothing else of the gateway, since it is started 200 times.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { removeTemporaryFiles, replaceFile } from "../../../src/credential-files/replace-file.ts"

const [, , dir = ""] = process.argv

// Whoever has started it may be killed, too.
process.stdin.resume().once("close", () => process.exit())

await removeTemporaryFiles(dir)
const files = readdirSync(dir).map((name) => {
  const path = join(dir, name)
  return { path, json: JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown> }
})
process.stdout.write("writing\n")
for (let version = Date.now(); ; version++) {
  for (const { json, path } of files) {
    const renewed = { ...json, token: `t-${version}`, proof: `${version} `.repeat(2_000) }
    // oxlint-disable-next-line no-await-in-loop -- one after the other, as the store writes them
    await replaceFile(path, Buffer.from(JSON.stringify(renewed)))
  }
}
