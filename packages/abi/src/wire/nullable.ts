import { Schema } from "effect"
import type { WireKind } from "./wire-kind.ts"

/** A kind whose `null`, or absence, means "there is none" instead of the kind's zero value. */
export const nullable = <T>(kind: WireKind<T>): WireKind<T | null> =>
  Object.assign(Schema.Union([Schema.Null, kind]), {
    toWire: (value: T | null) => (value === null ? null : kind.toWire(value)),
    parts: { _tag: "Nullable", kind } as const
  })
