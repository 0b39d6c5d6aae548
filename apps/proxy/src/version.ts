import { readFileSync } from "node:fs"

import { Schema } from "effect"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({ version: Schema.String })))

/** Version of this package, from its package.json. */
export const version: string = decode(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version
