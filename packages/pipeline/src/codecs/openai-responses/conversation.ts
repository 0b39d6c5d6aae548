import type { Message } from "../../canonical/message.ts"
import type { Part, Signature, ToolCallPart, ToolResultPart } from "../../canonical/part.ts"

/** What is collected of one turn of the model. */
interface Turn {
  readonly parts: Array<Part>
  /** Where the results of its tool calls go, wherever in the input they are; made by the first call. */
  results: Array<ToolResultPart> | undefined
}

/** Where a tool call is, so that its result and its signature find it. */
interface PlacedCall {
  readonly turn: Turn
  readonly index: number
}

/** Puts the items of an input together into messages. */
export interface Conversation {
  /** A message of anyone but the model. */
  readonly addMessage: (message: Message) => void
  /** What the model said or thought. It goes on with its turn until somebody else says something. */
  readonly addTurnParts: (parts: ReadonlyArray<Part>) => void
  readonly addCall: (call: ToolCallPart) => void
  /** The signature of a call, which may come before or after it. */
  readonly addCallSignature: (callId: string, signature: Signature) => void
  readonly addResult: (result: ToolResultPart) => void
  readonly messages: () => ReadonlyArray<Message>
}

/**
 * Items of the model that follow one another (reasoning, messages, calls) become one assistant message. Results of tools
 * become the tool message right after the message of their calls, in the order in which they came, even when other
 * messages stand between a call and its result: other protocols refuse anything in between.
 */
export const makeConversation = (): Conversation => {
  const messages: Array<Message> = []
  const calls = new Map<string, PlacedCall>()
  /** Signatures of calls that are still to come. */
  const signatures = new Map<string, Signature>()
  let turn: Turn | undefined

  const openTurn = (): Turn => {
    if (turn === undefined) {
      turn = { parts: [], results: undefined }
      messages.push({ role: "assistant", parts: turn.parts })
    }
    return turn
  }
  const closeTurn = (): void => {
    if (turn?.results !== undefined) messages.push({ role: "tool", parts: turn.results })
    turn = undefined
  }

  return {
    addMessage: (message) => {
      closeTurn()
      messages.push(message)
    },
    addTurnParts: (parts) => {
      const turn = openTurn()
      for (const part of parts) turn.parts.push(part)
    },
    addCall: (call) => {
      const current = openTurn()
      current.results ??= []
      calls.set(call.id, { turn: current, index: current.parts.length })
      current.parts.push(signed(call, signatures.get(call.id)))
      signatures.delete(call.id)
    },
    addCallSignature: (callId, signature) => {
      // Some providers use an ID again in the next turn: only the turn that is going on counts.
      const placed = calls.get(callId)
      const call = placed?.turn === turn ? placed?.turn.parts[placed.index] : undefined
      if (placed === undefined || call?.type !== "tool_call") signatures.set(callId, signature)
      else placed.turn.parts[placed.index] = signed(call, signature)
    },
    addResult: (result) => {
      const owner = calls.get(result.callId)?.turn
      if (owner === undefined || owner === turn) closeTurn()
      if (owner?.results !== undefined) {
        owner.results.push(result)
        return
      }
      // A result of a call that is not here: the provider is to say what it thinks of it.
      const last = messages.at(-1)
      if (last?.role === "tool") (last.parts as Array<ToolResultPart>).push(result)
      else messages.push({ role: "tool", parts: [result] })
    },
    messages: () => {
      closeTurn()
      return messages.filter((message) => message.role !== "tool" || message.parts.length > 0)
    }
  }
}

const signed = (call: ToolCallPart, signature: Signature | undefined): ToolCallPart =>
  signature === undefined ? call : { ...call, signature }
