import { Buffer } from "node:buffer"
import type { Block, Candidate, Rotation, Strategy } from "../src/index.ts"

interface Member {
  candidate: Candidate
  disabled: boolean
  block: Block | undefined
}

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/**
 * The pool's promise written in the plainest way: one list, sorted and filtered anew for each question. Slow and
 * obviously right, so that the fast pool can be held against it.
 */
export const makePlainPool = (initial: ReadonlyArray<Candidate>) => {
  const members = new Map<string, Member>()
  const lastPicks = new Map<string, string>()

  const available = (now: number, tried: ReadonlySet<string>): ReadonlyArray<Candidate> => {
    const left = [...members.values()]
      .filter(({ block, candidate, disabled }) => {
        return !disabled && !tried.has(candidate.id) && (block === undefined || block.until <= now)
      })
      .map((member) => member.candidate)
    const top = Math.max(...left.map(({ priority }) => priority))
    return left.filter(({ priority }) => priority === top).toSorted((a, b) => byBytes(a.id, b.id))
  }

  const pool = {
    replace: (next: ReadonlyArray<Candidate>) => {
      const before = new Map(members)
      members.clear()
      for (const candidate of next) {
        members.set(candidate.id, {
          candidate,
          disabled: candidate.disabled,
          block: before.get(candidate.id)?.block
        })
      }
    },
    block: (id: string, block: Block | undefined) => {
      const member = members.get(id)
      if (member !== undefined) member.block = block
    },
    setDisabled: (id: string, disabled: boolean) => {
      const member = members.get(id)
      if (member !== undefined) member.disabled = disabled
    },
    available,
    pick: (strategy: Strategy, now: number, tried: ReadonlySet<string>, rotation: Rotation): Candidate | undefined => {
      const offered = available(now, tried)
      const first = offered[0]
      if (first === undefined || strategy === "fill-first") return first
      const turn = `${rotation} ${first.priority}`
      const last = lastPicks.get(turn)
      const next = offered.find(({ id }) => last !== undefined && byBytes(id, last) > 0) ?? first
      lastPicks.set(turn, next.id)
      return next
    },
    readyAt: (now: number): number | undefined => {
      if (available(now, new Set()).length > 0) return now
      const ends = [...members.values()].flatMap(({ block, disabled }) => {
        return disabled || block === undefined || block.until === Infinity ? [] : [block.until]
      })
      return ends.length === 0 ? undefined : Math.min(...ends)
    },
    census: (now: number, tried: ReadonlySet<string>) => {
      const count = { total: 0, disabled: 0, tried: 0, rateLimited: 0, resting: 0, atCapacity: 0, probing: 0 }
      for (const { block, candidate, disabled } of members.values()) {
        count.total++
        if (disabled) count.disabled++
        else if (tried.has(candidate.id)) count.tried++
        else if (block !== undefined && block.until > now) {
          if (block.reason === "rate-limited") count.rateLimited++
          else count.resting++
        }
      }
      return count
    }
  }
  pool.replace(initial)
  return pool
}
