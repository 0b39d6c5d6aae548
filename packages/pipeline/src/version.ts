import { readFileSync } from "node:fs"

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }

/** Version of this package, from its package.json. */
export const VERSION: string = version

/** How the gateway names itself to providers (RFC 9110, 10.1.5). Never a vendor client's name. */
export const USER_AGENT: string = `cliproxy/${VERSION}`
