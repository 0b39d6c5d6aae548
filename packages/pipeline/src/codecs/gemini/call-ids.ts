/** A call that waits for its response. */
interface WaitingCall {
  readonly id: string
  readonly name: string
  /** Whether the client gave the ID. */
  readonly given: boolean
  /** Which run of model turns it is of. */
  readonly round: number
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
  const waiting: Array<WaitingCall> = []
  const used = new Set<string>()
  let round = 0
  let isRoundOver = false
  let made = 0

  const make = (): string => {
    let id = `call_gemini_${made++}`
    while (used.has(id)) id = `call_gemini_${made++}`
    return id
  }
  const take = (found: number): string | undefined => waiting.splice(found, 1)[0]?.id
  const first = (matches: (call: WaitingCall) => boolean): string | undefined => {
    const latest = waiting.findIndex((call) => call.round === round && matches(call))
    const found = latest < 0 ? waiting.findIndex(matches) : latest
    return found < 0 ? undefined : take(found)
  }

  return {
    endRound: () => {
      isRoundOver = true
    },
    ofCall: (id, name) => {
      if (isRoundOver) round++
      isRoundOver = false
      const given = id !== undefined && id !== ""
      const callId = given ? id : make()
      used.add(callId)
      waiting.push({ id: callId, name, given, round })
      return callId
    },
    ofResponse: (id, name) => {
      if (id === undefined || id === "") return first((call) => call.name === name) ?? make()
      const known = waiting.findIndex((call) => call.id === id)
      if (known >= 0) return take(known) ?? id
      if (used.has(id)) return id
      return first((call) => call.name === name && !call.given) ?? id
    }
  }
}
