import { Schema } from "effect"
import type { WireKind } from "./wire-kind.ts"

/** The zero value of a kind: `""`, `0`, `[]`, a structure of zero values. A start for building messages. */
export const zeroValue = <T>(kind: WireKind<T>): T => Schema.decodeUnknownSync(kind)(null)
