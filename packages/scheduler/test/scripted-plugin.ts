import type { PluginCallError, SchedulerPickRequest, SchedulerPickResponse } from "@cliproxy/abi"
import { Effect } from "effect"
import type { PickRequest, SchedulerPlugin } from "../src/index.ts"

/** What a plugin in a test does when it is asked. Missing fields of an answer have their zero value. */
export type Script = (request: SchedulerPickRequest) => Partial<SchedulerPickResponse> | PluginCallError

/** A scheduler plugin that follows a script and keeps what it was asked. */
export const scriptedPlugin = (
  script: Script
): SchedulerPlugin & { readonly requests: ReadonlyArray<SchedulerPickRequest> } => {
  const requests: Array<SchedulerPickRequest> = []
  return {
    id: "geo",
    metadata: { Name: "geo", Version: "1.0.0", Author: "us", GitHubRepository: "x/y", Logo: "", ConfigFields: [] },
    requests,
    pick: (request) =>
      Effect.suspend(() => {
        requests.push(request)
        const answer = script(request)
        return "_tag" in answer
          ? Effect.fail(answer)
          : Effect.succeed({ AuthID: "", DelegateBuiltin: "", Handled: false, ...answer })
      })
  }
}

/** An ordinary streaming request. */
export const ordinaryRequest: PickRequest = {
  provider: "",
  providers: ["openai"],
  model: "gpt-x(8192)",
  stream: true,
  headers: { "X-Region": ["eu"] },
  metadata: { requested_model: "gpt-x(8192)" }
}
