import { goStruct } from "./wire/go-struct.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** The object without fields: the request of methods that need none, the result of methods without data. */
export const Empty = goStruct({})

/** A message without fields. */
export type Empty = TypeOf<typeof Empty>
