import { Effect } from "effect"

import { type Bench, markOf } from "./bench.ts"
import { compare, compareWithFirst, runRounds } from "./paired-rounds.ts"
import {
  additions,
  directly,
  find,
  floorByRequest,
  type LostFrames,
  lostMark,
  ours,
  oursWithIsolated,
  oursWithPlugin,
  portkey,
  llms,
  startContenders,
  takesPart,
  variantsOf,
  warmUp
} from "./proxy-contenders.ts"
import type { AnswerKind } from "./upstream-answers.ts"

/** The proxy end to end in a closed loop, against the same passing-on done by hand. */
export const proxyBench: Bench = {
  name: "proxy",
  about: "the whole proxy, JSON and streams, against bare node:http and undici doing the same",
  run: Effect.fnUntraced(function* ({ maxOperations, peers, rounds, runMs }) {
    const lostFrames: LostFrames = new Map()
    const plan = (kind: AnswerKind, connections: number) => ({
      kind,
      connections,
      runMs,
      maxRequests: Math.max(maxOperations, connections)
    })
    const many = { json: plan("whole", 64), stream: plan("burst", 64) }
    const { able, lines } = yield* warmUp(yield* startContenders(peers), [many.json, many.stream])
    const others = [portkey, llms].filter((name) => takesPart(able, name))

    const jsonSubject = "JSON, 64 connections"
    const json = yield* runRounds(variantsOf(able, many.json, lostFrames), rounds)
    const jsonComparisons = compareWithFirst(jsonSubject, json)
    const withPlugin = compare(jsonSubject, json, ours, oursWithPlugin)
    const withIsolated = compare(jsonSubject, json, ours, oursWithIsolated)
    const byRequest = compare(jsonSubject, json, floorByRequest, ours)
    const jsonAgainst = others.map((name) => compare(jsonSubject, json, name, ours))

    const streamSubject = "SSE of 50 events at once, 64 connections"
    const streams = yield* runRounds(variantsOf(able, many.stream, lostFrames), rounds)
    const streamComparisons = compareWithFirst(streamSubject, streams)
    const streamsAgainst = others.map((name) => compare(streamSubject, streams, name, ours))

    const singleSubject = "JSON, 1 connection"
    const one = plan("whole", 1)
    const single = yield* runRounds([...variantsOf(able, one, lostFrames), directly(able, one)], rounds)
    const added = additions(singleSubject, able, single, ["p50Micros", "p99Micros"])
    return {
      lines,
      comparisons: [
        ...jsonComparisons,
        withPlugin,
        withIsolated,
        byRequest,
        ...jsonAgainst,
        ...streamComparisons,
        ...streamsAgainst,
        ...compareWithFirst(singleSubject, single),
        ...added
      ],
      marks: [
        markOf("JSON: CPU per request against the floor", 1.8, find(jsonComparisons, ours), "cpuMicros"),
        markOf("JSON: CPU per request against pool.request by hand", 1.8, byRequest, "cpuMicros"),
        markOf("JSON: CPU per request, Go scheduler in process against none", 1.3, withPlugin, "cpuMicros"),
        markOf("JSON: CPU per request, Go scheduler in its own process against none", 1.3, withIsolated, "cpuMicros"),
        ...jsonAgainst
          .filter(({ baseline }) => baseline === portkey)
          .flatMap((one) => [
            markOf(`JSON: CPU per request against ${one.baseline}`, 0.45, one, "cpuMicros"),
            markOf(`JSON: memory after the load against ${one.baseline}`, 0.5, one, "rssKiB")
          ]),
        markOf("SSE: CPU per stream against the floor", 1.6, find(streamComparisons, ours), "cpuMicros"),
        markOf("JSON, 1 connection: added p50 against the floor's", 2, added[0], "p50Micros"),
        markOf("JSON, 1 connection: added p99 against the floor's", 2, added[0], "p99Micros"),
        lostMark(able, lostFrames)
      ]
    }
  })
}
