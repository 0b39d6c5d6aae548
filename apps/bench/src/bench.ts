import { type Effect, Schema, type Scope } from "effect"

import type { Comparison } from "./paired-rounds.ts"
import type { Measure } from "./sample.ts"

/** A bench could not be run: something it needs is missing, or the measured program did the wrong thing. */
export class BenchFailed extends Schema.TaggedError<BenchFailed>()("BenchFailed", {
  message: Schema.String
}) {}

/** How long to measure. */
export interface BenchSettings {
  /** Rounds that count, an even number. */
  readonly rounds: number
  /** Milliseconds of one run of one variant. */
  readonly runMs: number
  /** Most calls or requests of one run, whatever the time. */
  readonly maxOperations: number
  /** Folder whose `node_modules` holds the other gateways, when they take part. */
  readonly peers?: string
}

/** A goal for one ratio, or another number, and what came out. */
export interface Mark {
  readonly name: string
  readonly atMost: number
  readonly measured: number
  /** What follows the numbers; left out for a ratio. */
  readonly unit?: string
}

/** What a bench found. */
export interface BenchResult {
  readonly comparisons: ReadonlyArray<Comparison>
  readonly marks: ReadonlyArray<Mark>
  /** Lines for the terminal, of what is no comparison. */
  readonly lines?: ReadonlyArray<string>
}

/** One bench, as the command line names it. */
export interface Bench {
  readonly name: string
  readonly about: string
  readonly run: (settings: BenchSettings) => Effect.Effect<BenchResult, BenchFailed, Scope.Scope>
}

/** The mark that a comparison's ratio of one measure is held against. */
export const markOf = (name: string, atMost: number, comparison: Comparison | undefined, measure: Measure): Mark => ({
  name,
  atMost,
  measured: comparison?.measures[measure]?.ratio.median ?? Number.NaN
})
