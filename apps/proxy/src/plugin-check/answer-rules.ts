import {
  type AuthData,
  authRecords,
  type Contract,
  contracts,
  type ContractMethod,
  flagTypes,
  isLoginState,
  readCommandLineFlag,
  readManagementRoute,
  resourcePath
} from "@cliproxy/abi"
import { Result } from "effect"

import type { Known } from "./sample.ts"

type RequestOf<M extends ContractMethod> = (typeof contracts)[M] extends Contract<M, infer R, infer _> ? R : never
type AnswerOf<M extends ContractMethod> = (typeof contracts)[M] extends Contract<M, infer _, infer A> ? A : never

/** What the ABI asks of an answer beyond its shape; gives one sentence for each thing that is wrong. */
type Rules = {
  readonly [M in ContractMethod]?: (answer: AnswerOf<M>, request: RequestOf<M>, known: Known) => ReadonlyArray<string>
}

const unless = (fine: boolean, problem: string): ReadonlyArray<string> => (fine ? [] : [problem])

const isBlank = (text: string) => text.trim() === ""

const decode = (bytes: Uint8Array) => Buffer.from(bytes).toString()

const isJson = (text: string) => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const isObject = (text: string) => isJson(text) && text.trim().startsWith("{")

const identifier = (answer: { readonly identifier: string }) =>
  unless(!isBlank(answer.identifier), "identifier is blank, so the host leaves the capability out")

const models = (answer: { readonly Provider: string; readonly Models: ReadonlyArray<{ readonly ID: string }> }) => [
  ...unless(
    answer.Models.every(({ ID }) => !isBlank(ID)),
    "a model has a blank ID"
  ),
  ...unless(new Set(answer.Models.map(({ ID }) => ID)).size === answer.Models.length, "two models have the same ID")
]

const credentials = (auths: ReadonlyArray<AuthData>) =>
  auths.flatMap((auth, index) => [
    ...unless(auth.Provider !== "", `credential ${index + 1} has no Provider`),
    ...unless(
      auth.StorageJSON.length === 0 || isObject(decode(auth.StorageJSON)),
      `StorageJSON of credential ${index + 1} is not a JSON object, so it cannot be saved`
    )
  ])

const status = (code: number) =>
  unless(code === 0 || (code >= 100 && code <= 599), `StatusCode ${code} is no HTTP status`)

const terminated = (answer: { readonly Terminate: boolean; readonly StatusCode: number }) =>
  answer.Terminate
    ? unless(
        answer.StatusCode >= 200 && answer.StatusCode <= 599,
        `Terminate with StatusCode ${answer.StatusCode}: outside of 200 to 599 the host takes 403`
      )
    : []

/** A body that was JSON stays JSON. */
const body = (answer: { readonly Body: Uint8Array }, request: { readonly Body: Uint8Array }) =>
  unless(
    answer.Body.length === 0 || !isJson(decode(request.Body)) || isJson(decode(answer.Body)),
    "the body of the request was JSON, that of the answer is not"
  )

const payload = (answer: { readonly Payload: Uint8Array }, request: { readonly Format: string }) => [
  ...unless(answer.Payload.length > 0, "Payload is empty: the client gets no body"),
  ...unless(
    request.Format !== "openai" || answer.Payload.length === 0 || isJson(decode(answer.Payload)),
    "Payload is not JSON, which the format openai needs"
  )
]

const rules: Rules = {
  "model.register": (answer) => [
    ...unless(!isBlank(answer.Provider), "Provider is blank, so the host ignores the models"),
    ...models(answer)
  ],
  "model.static": (answer) => [
    ...unless(!isBlank(answer.Provider), "Provider is blank, so the host ignores the models"),
    ...models(answer)
  ],
  "model.for_auth": models,
  "auth.identifier": identifier,
  "auth.parse": (answer, request) => (answer.Handled ? credentials(authRecords(answer, request.Provider)) : []),
  "auth.login.start": (answer) => [
    ...unless(isLoginState(answer.State), "State is not 1 to 128 letters, digits, -, _ and . without .."),
    ...unless(!isBlank(answer.URL), "URL is blank: the person has nothing to open")
  ],
  "auth.login.poll": (answer, request) => [
    ...unless(
      ["pending", "success", "error"].includes(answer.Status),
      `Status "${answer.Status}" is none of pending, success, error; the host takes it for pending`
    ),
    ...(answer.Status === "success" ? credentials(authRecords(answer, request.Provider)) : [])
  ],
  "auth.refresh": (answer, request) =>
    credentials(authRecords({ Auth: answer.Auth, Auths: [] }, request.AuthProvider || "x")),
  "frontend_auth.identifier": identifier,
  "frontend_auth.authenticate": (answer) =>
    unless(
      !answer.Authenticated || !isBlank(answer.Principal),
      "Authenticated without a Principal: nobody knows who it is"
    ),
  "scheduler.pick": (answer, request) => {
    if (!answer.Handled) return []
    const ranked = (answer.AuthIDs ?? []).map((id) => id.trim()).filter((id) => id !== "")
    const id = answer.AuthID.trim() || (ranked[0] ?? "")
    if (id === "")
      return unless(
        ["round-robin", "fill-first"].includes(answer.DelegateBuiltin.trim()),
        `Handled without AuthID, and DelegateBuiltin "${answer.DelegateBuiltin}" is no built-in strategy`
      )
    return unless(
      request.Candidates.some(({ ID }) => ID === id),
      `AuthID "${id}" is none of the candidates`
    )
  },
  "model.route": (answer) =>
    answer.Handled
      ? [
          ...unless(
            ["self", "executor", "provider"].includes(answer.TargetKind),
            `TargetKind "${answer.TargetKind}" is none of self, executor, provider`
          ),
          ...unless(answer.TargetKind === "self" || !isBlank(answer.Target), "Target is blank")
        ]
      : [],
  "executor.identifier": identifier,
  "executor.execute": payload,
  "executor.count_tokens": payload,
  "executor.http_request": (answer) => status(answer.StatusCode),
  "request.normalize": body,
  "request.intercept_before": (answer) => terminated(answer),
  "request.intercept_after": (answer) => terminated(answer),
  "response.normalize_before": body,
  "response.normalize_after": body,
  "response.intercept_after": body,
  "response.intercept_stream_chunk": (answer, request) => [
    ...body(answer, request),
    ...unless(request.ChunkIndex >= 0 || answer.Body.length === 0, "a Body at ChunkIndex -1 is ignored")
  ],
  "thinking.identifier": identifier,
  "thinking.apply": body,
  "command_line.register": (answer) =>
    answer.Flags.flatMap((flag) => {
      const declared = readCommandLineFlag(flag)
      return Result.isSuccess(declared)
        ? []
        : [`flag "${flag.Name}": ${declared.failure} (types: ${flagTypes.join(", ")})`]
    }),
  "command_line.execute": (answer) => [
    ...unless(answer.ExitCode >= 0 && answer.ExitCode <= 255, `ExitCode ${answer.ExitCode} is not within 0 to 255`),
    ...(answer.ExitCode === 0 ? credentials(answer.Auths) : [])
  ],
  "management.register": (answer, _, known) => [
    ...unless(answer.routes.length + answer.resources.length > 0, "there is neither a route nor a resource"),
    ...answer.routes.flatMap((route) => {
      const key = readManagementRoute(route)
      return Result.isSuccess(key) ? [] : [`route "${route.Path}": ${key.failure}`]
    }),
    ...answer.resources.flatMap(({ Path }) => {
      const path = resourcePath(known.pluginId, Path)
      return Result.isSuccess(path) ? [] : [`resource "${Path}": ${path.failure}`]
    })
  ],
  "management.handle": (answer) => status(answer.StatusCode),
  "quota.identifier": identifier
}

/** What is wrong with an answer that has the right shape; both are as their contract reads them. */
export const problemsOf = (
  method: ContractMethod,
  answer: unknown,
  request: unknown,
  known: Known
): ReadonlyArray<string> => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the contract of the same method read both
  const rule = rules[method] as ((answer: unknown, request: unknown, known: Known) => ReadonlyArray<string>) | undefined
  return rule?.(answer, request, known) ?? []
}
