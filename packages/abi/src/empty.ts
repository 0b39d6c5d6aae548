import { goStruct } from "./wire/go-struct.ts"

/** The object without fields: the request of methods that need none, the result of methods without data. */
export const Empty = goStruct({})
