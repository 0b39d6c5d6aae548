import { Pool } from "undici"

import { answerText, soakRequest } from "./soak-answers.ts"

/** One request of a soak. */
export interface SoakOrder {
  readonly number: number
  readonly model: string
  readonly stream: boolean
  /** Protocol of the client. */
  readonly protocol: "openai" | "claude"
}

/** What a client got. */
export type SoakOutcome =
  | { readonly _tag: "Served"; readonly key: string }
  /** A stream that had begun did not end as its protocol has it. */
  | { readonly _tag: "Broken"; readonly text: string }
  | {
      readonly _tag: "Refused"
      readonly status: number
      readonly text: string
      /** Milliseconds after which the answer says to come back. */
      readonly retryAfterMs: number | undefined
    }

/** Clients that keep their connections. */
export interface SoakClients {
  readonly ask: (order: SoakOrder) => Promise<SoakOutcome>
  readonly close: () => Promise<void>
}

const PATHS = { openai: "/v1/chat/completions", claude: "/v1/messages" } as const

/** Opens up to so many connections to a gateway. */
export const openSoakClients = (origin: string, connections: number): SoakClients => {
  const pool = new Pool(origin, { connections, pipelining: 1, keepAliveTimeout: 60_000 })
  return {
    ask: async (order) => {
      try {
        const answer = await pool.request({
          method: "POST",
          path: PATHS[order.protocol],
          headers: { "content-type": "application/json" },
          body: soakRequest(order.model, order.number, order.stream),
          headersTimeout: 120_000,
          bodyTimeout: 120_000
        })
        // A stream that breaks off throws here; what there was of it is not needed.
        const text = await answer.body.text().catch((error: unknown) => `broken: ${String(error)}`)
        const after = Number(answer.headers["retry-after"])
        return answer.statusCode === 200
          ? judge(order, text)
          : {
              _tag: "Refused",
              status: answer.statusCode,
              text: text.slice(0, 400),
              retryAfterMs: Number.isFinite(after) ? after * 1000 : undefined
            }
      } catch (error) {
        return { _tag: "Refused", status: 0, text: String(error), retryAfterMs: undefined }
      }
    },
    close: () => pool.close()
  }
}

/** An answer must be whole, say its text once and nothing else, and carry the request's own number. */
const judge = (order: SoakOrder, text: string): SoakOutcome => {
  const said = order.stream ? streamedText(order.protocol, text) : wholeText(order.protocol, text)
  const key = said === undefined ? undefined : / from (\S+)\.$/.exec(said)?.[1]
  return key !== undefined && said === answerText(order.number, key)
    ? { _tag: "Served", key }
    : { _tag: "Broken", text: text.slice(-600) }
}

const wholeText = (protocol: SoakOrder["protocol"], text: string): string | undefined => {
  try {
    const json = JSON.parse(text)
    return protocol === "openai" ? json.choices?.[0]?.message?.content : json.content?.[0]?.text
  } catch {
    return undefined
  }
}

const streamedText = (protocol: SoakOrder["protocol"], text: string): string | undefined => {
  const ended = protocol === "openai" ? text.endsWith("data: [DONE]\n\n") : text.includes('"message_stop"')
  if (!ended || text.includes('"error"')) return undefined
  const pattern = protocol === "openai" ? /"content":"([^"]*)"/g : /"text_delta","text":"([^"]*)"/g
  return [...text.matchAll(pattern)].map(([, piece]) => piece).join("")
}
