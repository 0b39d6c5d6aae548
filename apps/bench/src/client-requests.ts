import { type CodingRequest, codingRequests } from "./translation/coding-request.ts"

/** Protocols that the load's clients speak. */
export type ClientProtocol = CodingRequest["protocol"]

/** What a client sends. */
export interface ClientRequest {
  readonly path: string
  readonly body: Buffer
}

const words = "Say something. ".repeat(60)
const system = "You are a benchmark."

const smallBodies = {
  openai: {
    messages: [
      { role: "system", content: system },
      { role: "user", content: words }
    ]
  },
  "openai-response": { instructions: system, input: words },
  claude: { max_tokens: 1000, system, messages: [{ role: "user", content: words }] },
  gemini: {
    systemInstruction: { parts: [{ text: system }] },
    contents: [{ role: "user", parts: [{ text: words }] }]
  }
} as const satisfies Record<ClientProtocol, object>

const largeBodies = new Map<number, ReadonlyArray<CodingRequest>>()

const largeBody = (protocol: ClientProtocol, bytes: number): object => {
  const requests = largeBodies.get(bytes) ?? codingRequests(bytes)
  largeBodies.set(bytes, requests)
  const body: object = JSON.parse(requests.find((request) => request.protocol === protocol)!.body.toString())
  return body
}

const pathOf = (protocol: ClientProtocol, model: string): string => {
  if (protocol === "gemini") return `/v1beta/models/${model}:streamGenerateContent?alt=sse`
  if (protocol === "claude") return "/v1/messages"
  return protocol === "openai" ? "/v1/chat/completions" : "/v1/responses"
}

/** A request for a model: of about 1 KB, or of about `bytes` bytes, then as a coding agent sends them. */
export const clientRequest = (
  protocol: ClientProtocol,
  model: string,
  stream: boolean,
  bytes?: number
): ClientRequest => {
  const content = bytes === undefined ? smallBodies[protocol] : largeBody(protocol, bytes)
  const named = protocol === "gemini" ? content : Object.assign({ model, stream }, content, { model })
  return { path: pathOf(protocol, model), body: Buffer.from(JSON.stringify(named)) }
}
