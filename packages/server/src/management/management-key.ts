import { hash, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"

import { isForeignOrigin } from "../request-origin.ts"

/** Who may use the management API. */
export interface ManagementAccess {
  /** The key; empty: there is no management API. */
  readonly secretKey: string
  /** Whether others than this machine may use it. Told by the connection's peer; forwarded addresses do not count. */
  readonly allowRemote: boolean
}

/** No management API at all. */
export const noManagement = (): ManagementAccess => ({ secretKey: "", allowRemote: false })

/** What is found of a request that needs no key. */
export type ManagementReach = "Off" | "Remote" | "Reached"

/** What the check of a management request found. `Off`: there is no such API, and nobody should learn that there could be. */
export type ManagementVerdict = "Off" | "Remote" | "Banned" | "Missing" | "Wrong" | "Allowed"

/** Wrong keys in a row after which a peer is shut out. */
const failuresBeforeBan = 5

/** Milliseconds for which a peer is shut out, and after which its wrong keys are forgotten. */
const banMs = 30 * 60_000

/** Most peers that are remembered: beyond it the one that failed first is forgotten. */
const rememberedPeers = 10_000

const digest = (key: string): Buffer => hash("sha256", key, "buffer")

const presentedKey = (headers: IncomingHttpHeaders): string =>
  (headers["x-management-key"]?.toString().trim() || headers.authorization?.replace(/^bearer +/i, "").trim()) ?? ""

/** An IPv4 peer of a socket that speaks both protocols has an address of IPv6. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "")

/** Whether an address, in its shortest form, is a loopback one. */
export const isThisMachine = (address: string): boolean => address === "::1" || address.startsWith("127.")

/** Whether a peer may reach the management API at all, whatever key it has. `remoteAddress` is the peer of the socket. */
export const managementReach = (
  { allowRemote, secretKey }: ManagementAccess,
  remoteAddress: string | undefined
): ManagementReach =>
  secretKey === "" ? "Off" : allowRemote || isThisMachine(plainAddress(remoteAddress ?? "")) ? "Reached" : "Remote"

/**
 * Makes the check of the management key: `Authorization: Bearer KEY` or `X-Management-Key: KEY`. Digests are compared,
 * so that neither the length of the key nor how much of it was right can be measured. A peer with five wrong keys in a
 * row is shut out for half an hour, with the right key too. Web pages that are foreign here are shut out by themselves:
 * what a page tries in the operator's browser comes from the operator's address.
 */
export const makeManagementKeyCheck = (access: () => ManagementAccess) => {
  const failures = new Map<string, { count: number; forgottenAt: number }>()

  const fail = (peer: string, now: number) => {
    const known = failures.get(peer)
    const count = (known === undefined || known.forgottenAt <= now ? 0 : known.count) + 1
    failures.delete(peer)
    failures.set(peer, { count, forgottenAt: now + banMs })
    const oldest = failures.keys().next()
    if (failures.size > rememberedPeers && oldest.done !== true) failures.delete(oldest.value)
  }

  /** `remoteAddress` is the peer of the socket, `now` in milliseconds. */
  return (headers: IncomingHttpHeaders, remoteAddress: string | undefined, now: number): ManagementVerdict => {
    const settings = access()
    const { secretKey } = settings
    const reach = managementReach(settings, remoteAddress)
    if (reach !== "Reached") return reach
    const peer = `${plainAddress(remoteAddress ?? "")}${isForeignOrigin(headers) ? " through a page" : ""}`
    const known = failures.get(peer)
    if (known !== undefined && known.forgottenAt > now && known.count >= failuresBeforeBan) return "Banned"
    const presented = presentedKey(headers)
    if (presented === "") return "Missing"
    if (timingSafeEqual(digest(presented), digest(secretKey))) {
      failures.delete(peer)
      return "Allowed"
    }
    fail(peer, now)
    return "Wrong"
  }
}
