import { type SchedulerPickResponse, trimSpace } from "@cliproxy/abi"
import type { Candidate, DelegateStrategy } from "./candidate.ts"

/** What a plugin's answer means once it is read by the rules of the plugin ABI. */
export type PluginAnswer =
  /** Never empty, the best first. */
  | { readonly _tag: "Chosen"; readonly candidates: ReadonlyArray<Candidate> }
  | { readonly _tag: "Delegated"; readonly strategy: DelegateStrategy }
  | { readonly _tag: "Rejected"; readonly reason: string; readonly code: string }
  | { readonly _tag: "Unhandled" }
  | { readonly _tag: "Blank" }
  | { readonly _tag: "UnknownCandidate"; readonly id: string }
  | { readonly _tag: "InvalidDelegate"; readonly delegate: string }

/**
 * Reads an answer to `scheduler.pick` (plugin ABI, reading the answer). White space around both texts is ignored.
 * A credential that is not among `offered` makes the answer invalid, even next to a valid delegate; a valid one wins
 * over any delegate. Of a ranking, those that were not offered are passed over, unless it holds no other. Names of strategies are matched exactly. A rejection counts whatever else the answer says.
 */
export const readPluginAnswer = (answer: SchedulerPickResponse, offered: ReadonlyArray<Candidate>): PluginAnswer => {
  if (answer.Reject === true) {
    return { _tag: "Rejected", reason: trimSpace(answer.RejectReason ?? ""), code: trimSpace(answer.RejectCode ?? "") }
  }
  if (!answer.Handled) return { _tag: "Unhandled" }
  const id = trimSpace(answer.AuthID)
  const ranked = id === "" ? (answer.AuthIDs ?? []).map(trimSpace).filter((one) => one !== "") : [id]
  const [best] = ranked
  if (best !== undefined) {
    const known = new Map(offered.map((one) => [trimSpace(one.id), one]))
    const candidates = [...new Set(ranked)].flatMap((one) => known.get(one) ?? [])
    return candidates.length === 0 ? { _tag: "UnknownCandidate", id: best } : { _tag: "Chosen", candidates }
  }
  const delegate = trimSpace(answer.DelegateBuiltin)
  if (delegate === "") return { _tag: "Blank" }
  return delegate === "round-robin" || delegate === "fill-first"
    ? { _tag: "Delegated", strategy: delegate }
    : { _tag: "InvalidDelegate", delegate }
}
