import type { JsonObject } from "../../provider-simulators/scenario.ts"
import type { ClientProtocol, Target } from "../client.ts"

/** What a client of a protocol sends, as plain as it gets. */
const BODIES: Readonly<Record<ClientProtocol, JsonObject>> = {
  openai: { messages: [{ role: "user", content: "Hi" }] },
  "openai-response": { input: "Hi", store: false },
  claude: { max_tokens: 4096, messages: [{ role: "user", content: "Hi" }] },
  gemini: { contents: [{ role: "user", parts: [{ text: "Hi" }] }] }
}

const endpoint = (protocol: ClientProtocol, { apiKey, model, url }: Target, count: boolean) => {
  switch (protocol) {
    case "openai":
      return { url: `${url}/v1/chat/completions`, headers: { authorization: `Bearer ${apiKey}` } }
    case "openai-response":
      return {
        url: `${url}/v1/responses${count ? "/input_tokens" : ""}`,
        headers: { authorization: `Bearer ${apiKey}` }
      }
    case "claude":
      return {
        url: `${url}/v1/messages${count ? "/count_tokens" : ""}`,
        headers: { "x-api-key": apiKey, "anthropic-version": "2023-06-01" }
      }
    case "gemini":
      return {
        url: `${url}/v1beta/models/${model}:${count ? "countTokens" : "generateContent"}`,
        headers: { "x-goog-api-key": apiKey }
      }
  }
}

/** An answer as the client's protocol has it. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: JsonObject
}

/** Sends a request without an SDK, so that it holds `fields` and nothing but. */
export const askRaw = async (
  protocol: ClientProtocol,
  target: Target,
  fields: JsonObject,
  count = false
): Promise<RawAnswer> => {
  const { headers, url } = endpoint(protocol, target, count)
  const base = BODIES[protocol]
  const body = { ...(protocol === "gemini" ? {} : { model: target.model }), ...base, ...fields }
  if (protocol === "claude" && count) delete (body as { max_tokens?: unknown }).max_tokens
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body)
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as JsonObject }
}
