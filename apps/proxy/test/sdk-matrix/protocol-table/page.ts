import type { ClientProtocol } from "../client.ts"
import type { ProviderName } from "../endpoints.ts"
import { answerRows } from "./answer-rows.ts"
import { contentRows } from "./content-rows.ts"
import { controlRows } from "./control-rows.ts"
import { NOTES } from "./notes.ts"
import { parameterRows } from "./parameter-rows.ts"
import type { Outcome } from "./outcome.ts"
import type { RequestRow } from "./request-row.ts"

const PROVIDERS: ReadonlyArray<readonly [ProviderName, string]> = [
  ["openai", "OpenAI chat"],
  ["claude", "Claude"],
  ["gemini", "Gemini"]
]

const CLIENTS: ReadonlyArray<readonly [ClientProtocol, string]> = [
  ["openai", "OpenAI chat completions"],
  ["openai-response", "OpenAI Responses"],
  ["claude", "Claude Messages"],
  ["gemini", "Gemini `generateContent`"]
]

const words = (outcome: Outcome): string => {
  switch (outcome.is) {
    case "kept":
      return "kept"
    case "changed":
      return `changed: ${outcome.how}`
    case "dropped":
      return `dropped: ${outcome.why}`
  }
}

/** For what one of the two sides cannot say. */
const NOTHING = "–"

const tableRow = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const table = (title: string, rows: ReadonlyArray<readonly [feature: string, cells: ReadonlyArray<string>]>): string =>
  [
    tableRow([title, ...PROVIDERS.map(([, name]) => name)]),
    tableRow(["---", ...PROVIDERS.map(() => "---")]),
    ...rows
      .filter(([, cells]) => cells.some((cell) => cell !== NOTHING))
      .map(([feature, cells]) => tableRow([feature, ...cells]))
  ].join("\n")

const requestCells = ({ arrives, ask }: RequestRow, client: ClientProtocol): ReadonlyArray<string> =>
  PROVIDERS.map(([provider]) => {
    if (ask[client] === undefined) return NOTHING
    return provider === client ? "kept" : words(arrives[provider].outcome)
  })

const answerCells = (feature: string, client: ClientProtocol): ReadonlyArray<string> =>
  PROVIDERS.map(([provider]) => {
    const row = answerRows.find((candidate) => candidate.feature === feature && candidate.from.includes(provider))
    const arrival = row?.arrives[client]
    if (arrival === undefined) return NOTHING
    return provider === client ? "kept" : words(arrival.outcome)
  })

const clientSection = ([client, name]: readonly [ClientProtocol, string]): string => {
  const requests = (rows: ReadonlyArray<RequestRow>) =>
    rows.map((row) => [row.feature, requestCells(row, client)] as const)
  const features = [...new Set(answerRows.map(({ feature }) => feature))]
  return [
    `## Clients of ${name}`,
    table("What a conversation holds", requests(contentRows)),
    table("How to answer", requests([...controlRows, ...parameterRows])),
    table(
      "What comes back",
      features.map((feature) => [feature, answerCells(feature, client)] as const)
    )
  ].join("\n\n")
}

const INTRODUCTION = `# Protocols

Clients speak one of four protocols, providers one of three; any client works with any provider. Where both speak the same
one, the bytes pass as they are, but for the model's name. Everywhere else a request is read once and written once, and
this page says what becomes of each thing on the way:

- **kept**: it arrives, in the words of the other protocol;
- **changed**: it arrives in another form;
- **dropped**: the other side has no place for it, or does not take it;
- **${NOTHING}**: one of the two sides cannot say it.

Every cell is a test: a request or an answer that says the thing is sent through the proxy, and what arrives on the other
side is compared. Models differ: the tables are those of GPT-4.1 (of a follower of OpenAI that shows its thoughts, where
it is about thought), Claude Sonnet 4.5 and Gemini 3 Pro.

Besides what the tables say, in all pairs, streaming or not:

- A conversation with instructions, images, two tools called at once, a third call, a failed tool and a question behind it
  gives the model and the person the same texts, with the SDKs of OpenAI, Anthropic, Google and Vercel as clients.
- IDs of calls survive every round trip; arguments are the same JSON; a stream says what the whole answer says.
- An error has the status and the words that the client's protocol has for it, with \`Retry-After\`. An error in the middle of
  a stream, or a stream that is cut, is an error to the client, never a short answer.
- A client that hangs up hangs up on the provider.
- A conversation may go on with another provider at every turn. What one has signed goes back to nobody else.

What the gateway does for clients of the Responses API no more than for a while: it remembers answers, for
\`previous_response_id\` and references to items of earlier responses, unless the request says \`store: false\`. What it
does not know any more is refused, and the items themselves must be sent.`

/** The page of the documentation, whole. */
export const protocolsPage = (): string =>
  `${[
    "<!-- Written by apps/proxy/test/sdk-matrix/protocol-table/write-page.ts: change the rows there, and run it. -->",
    INTRODUCTION,
    ...CLIENTS.map(clientSection),
    ...NOTES
  ].join("\n\n")}\n`
