/** A call that waits for its response. */
interface WaitingCall {
  readonly id: string
  /** Whether the client gave the ID. */
  readonly given: boolean
  /** Which run of model turns it is of. */
  readonly round: number
  answered: boolean
}

/** Waiting calls of one name, in order. Those before `head` have been answered. */
interface Queue {
  readonly calls: Array<WaitingCall>
  head: number
  /** Where the calls of the latest round begin. */
  latest: number
}

/**
 * IDs of the calls of one request. The protocol lets a client leave them out: a response then belongs to the first call
 * of its name that has none yet, in the latest round of calls if there is one. IDs that are made are the same whenever
 * the same conversation comes, which is longer each time.
 */
export interface CallIds {
  /** A user's turn begins: calls after it are a new round. */
  readonly endRound: () => void
  /** The ID of a call. */
  readonly ofCall: (id: string | undefined, name: string) => string
  /** The ID of the call that a response answers. One that answers no known call keeps its ID, or gets one of its own. */
  readonly ofResponse: (id: string | undefined, name: string) => string
}

export const makeCallIds = (): CallIds => {
  const byName = new Map<string, Queue>()
  const byId = new Map<string, WaitingCall>()
  let round = 0
  let isRoundOver = false
  let made = 0

  const make = (): string => {
    let id = `call_gemini_${made++}`
    while (byId.has(id)) id = `call_gemini_${made++}`
    return id
  }

  /** The first call of a name that waits; `undefined` when there is none. */
  const firstOf = (name: string): WaitingCall | undefined => {
    const queue = byName.get(name)
    if (queue === undefined) return undefined
    const { calls } = queue
    while (calls[queue.head]?.answered === true) queue.head++
    queue.latest = Math.max(queue.latest, queue.head)
    while (calls[queue.latest]?.answered === true) queue.latest++
    const latest = calls[queue.latest]
    return latest?.round === round ? latest : calls[queue.head]
  }

  const answer = (call: WaitingCall): string => {
    call.answered = true
    return call.id
  }

  return {
    endRound: () => {
      isRoundOver = true
    },
    ofCall: (id, name) => {
      if (isRoundOver) round++
      isRoundOver = false
      const given = id !== undefined && id !== ""
      const call: WaitingCall = { id: given ? id : make(), given, round, answered: false }
      byId.set(call.id, call)
      const queue = byName.get(name)
      if (queue === undefined) byName.set(name, { calls: [call], head: 0, latest: 0 })
      else {
        if (queue.calls.at(-1)?.round !== round) queue.latest = queue.calls.length
        queue.calls.push(call)
      }
      return call.id
    },
    ofResponse: (id, name) => {
      const waiting = firstOf(name)
      if (id === undefined || id === "") return waiting === undefined ? make() : answer(waiting)
      const known = byId.get(id)
      if (known !== undefined) return answer(known)
      return waiting === undefined || waiting.given ? id : answer(waiting)
    }
  }
}
