import { Effect } from "effect"

import { type Measure, type Sample, sharedMeasures } from "./sample.ts"
import { type Estimate, estimateMedian, median, ratiosOf } from "./statistics.ts"

/** One way to do the work that is compared. */
export interface Variant<E = never, R = never> {
  readonly name: string
  /** One run, of a second or so. */
  readonly run: Effect.Effect<Sample, E, R>
}

/** The samples of each variant by its name; the n-th samples of all variants were taken in the same round. */
export type Rounds = ReadonlyMap<string, ReadonlyArray<Sample>>

/**
 * Runs every variant once to warm up, which is thrown away, and then `rounds` times: in the given order in one round,
 * in the opposite order in the next (A B B A ...). A machine that slows down or speeds up meanwhile is thus unfair to
 * nobody. Use an even number of rounds.
 */
export const runRounds = <E, R>(variants: ReadonlyArray<Variant<E, R>>, rounds: number): Effect.Effect<Rounds, E, R> =>
  Effect.gen(function* () {
    for (const { run } of variants) yield* run
    const samples = new Map<string, Array<Sample>>(variants.map(({ name }) => [name, []]))
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? variants : variants.toReversed()
      for (const { name, run } of order) samples.get(name)!.push(yield* run)
    }
    return samples
  })

/** One measure of two variants. */
export interface MeasuredRatio {
  /** Median over the rounds. */
  readonly baseline: number
  /** Median over the rounds. */
  readonly contender: number
  /** Median of the rounds' ratios, contender to baseline: not the ratio of the medians. */
  readonly ratio: Estimate
}

/** A variant beside the one that it is measured by. */
export interface Comparison {
  /** What was done, such as "Go plugin, echo of 1 KB, one at a time". */
  readonly subject: string
  readonly baseline: string
  readonly contender: string
  readonly rounds: number
  readonly measures: Partial<Readonly<Record<Measure, MeasuredRatio>>>
}

/** The samples of a variant. Throws when it did not take part. */
export const samplesOf = (rounds: Rounds, name: string): ReadonlyArray<Sample> => {
  const samples = rounds.get(name)
  if (samples === undefined) throw new RangeError(`no variant is called ${name}`)
  return samples
}

/** Compares two variants of the same rounds in every measure that both have. */
export const compare = (subject: string, rounds: Rounds, baseline: string, contender: string): Comparison => {
  const before = samplesOf(rounds, baseline)
  const after = samplesOf(rounds, contender)
  const measured: Partial<Record<Measure, MeasuredRatio>> = {}
  for (const measure of sharedMeasures([...before, ...after])) {
    const baselines = before.map((sample) => sample[measure]!)
    const contenders = after.map((sample) => sample[measure]!)
    measured[measure] = {
      baseline: median(baselines),
      contender: median(contenders),
      ratio: estimateMedian(ratiosOf(contenders, baselines))
    }
  }
  return { subject, baseline, contender, rounds: before.length, measures: measured }
}

/** Compares every other variant with the first one of the rounds. */
export const compareWithFirst = (subject: string, rounds: Rounds): ReadonlyArray<Comparison> => {
  const [baseline, ...contenders] = rounds.keys()
  return baseline === undefined ? [] : contenders.map((contender) => compare(subject, rounds, baseline, contender))
}

/**
 * What `contender` and `baseline` each add to `direct`: the paired ratios of the two additions. For proxies, whose
 * latency is mostly that of the upstream.
 */
export const compareAdded = (
  subject: string,
  rounds: Rounds,
  names: { readonly direct: string; readonly baseline: string; readonly contender: string },
  chosen: ReadonlyArray<Measure>
): Comparison => {
  const direct = samplesOf(rounds, names.direct)
  const added = (name: string) =>
    samplesOf(rounds, name).map((sample, round) => {
      const addition: Partial<Record<Measure, number>> = {}
      for (const measure of chosen) addition[measure] = sample[measure]! - direct[round]![measure]!
      return addition
    })
  const baseline = `${names.baseline}, added`
  const contender = `${names.contender}, added`
  const additions: Rounds = new Map([
    [baseline, added(names.baseline)],
    [contender, added(names.contender)]
  ])
  return compare(subject, additions, baseline, contender)
}
