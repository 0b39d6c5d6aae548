import { schedulerPick, type SchedulerPickRequest } from "@cliproxy/abi"

/** What plugins are asked in these benches. */
export type CallKind = "echo" | "pick"

/** A JSON object of 1,024 bytes. */
const echoRequest: Uint8Array = Buffer.from(
  JSON.stringify({ text: "x".repeat(1024 - JSON.stringify({ text: "" }).length) })
)

const pickRequest: SchedulerPickRequest = {
  Plugin: { Name: "bench", Version: "1.0.0", Author: "", GitHubRepository: "", Logo: "", ConfigFields: [] },
  Provider: "",
  Providers: ["bench"],
  Model: "bench-model",
  Stream: true,
  Options: { Headers: { "Content-Type": ["application/json"] }, Metadata: { requested_model: "bench-model" } },
  Candidates: Array.from({ length: 10 }, (_, index) => ({
    ID: `bench:key-${index}`,
    Provider: "bench",
    Priority: 0,
    Status: "active",
    Attributes: { base_url: "http://127.0.0.1:1" },
    Metadata: {}
  }))
}

/** The method of a kind of call. */
export const methodOf = (kind: CallKind): string => (kind === "echo" ? "echo" : schedulerPick.method)

/** The bytes of a request, written anew for every pick as the gateway does; an echo's are ready. */
export const requestOf = (kind: CallKind): Uint8Array =>
  kind === "echo" ? echoRequest : schedulerPick.encodeRequest(pickRequest)

/** Throws when `result`, already parsed, is not what the plugin should have said. */
export const checkResult = (kind: CallKind, result: unknown): void => {
  if (kind === "echo") {
    const text = (result as { readonly text?: unknown } | undefined)?.text
    if (typeof text !== "string" || text.length < 1000) throw new Error("the echo is not the request")
  } else if (schedulerPick.decodeResult(result)._tag !== "Success") {
    throw new Error("the answer to scheduler.pick is malformed")
  }
}
