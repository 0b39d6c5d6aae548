import {
  type CapabilityFlag,
  type ContractMethod,
  HOST_SCHEMA_VERSION,
  type PluginCallError,
  pluginReconfigure,
  pluginRegister,
  type Registration,
  validateRegistration
} from "@cliproxy/abi"
import type { HostCallHandler, PluginConnection } from "@cliproxy/ffi"
import { Clock, Effect, Exit, Result, Scope } from "effect"

import { type CheckHost, makeCheckHost } from "./check-host.ts"
import type { CheckReport, Finding, Skip } from "./check-report.ts"
import { methodsOf, type Request, requestsOf } from "./check-requests.ts"
import { describes, judge } from "./judge-answer.ts"
import { learnFrom, learnIdentity } from "./learn.ts"
import type { Known } from "./sample.ts"

/** What to check, and how. */
export interface CheckOptions<E extends { readonly message: string }, R> {
  /** Plugin ID. */
  readonly id: string
  /** Path of the library. */
  readonly file: string
  /** The plugin's own settings as YAML lines; `enabled` and `priority` are added. */
  readonly settings?: string
  /**
   * Tries also what a right plugin may change or delete something by: management routes other than GET and HEAD, flags
   * on the command line, `quota.reset`. Default false.
   */
  readonly exerciseAll?: boolean
  /** Opens the plugin, in whatever way it shall be checked; `prepare` registers it again after a crash. */
  readonly open: (
    host: HostCallHandler,
    prepare: (call: PluginConnection["call"]) => Effect.Effect<void, PluginCallError>
  ) => Effect.Effect<PluginConnection, E, R | Scope.Scope>
}

/** Milliseconds that a call may take. */
const deadlineMs = 5000
/** Milliseconds that a stream through the host may take. */
const streamDeadlineMs = 5000
/** Calls of each sample that run at once. */
const atOnce = 16
/** Reconfigurations while they run. */
const reconfigurations = 5
/** Milliseconds after which a plugin that is closed counts as stuck. */
const closeLimitMs = 4500

const encode = (request: string) => new TextEncoder().encode(request)

const say = (error: { readonly message: string }) => error.message

const lifecycleRequest = (yaml: string) =>
  pluginRegister.encodeRequest({ config_yaml: Buffer.from(yaml), schema_version: HOST_SCHEMA_VERSION })

/** Settings as a host sends them. */
const settingsYaml = (own: string) => `${own.trim() === "" ? "" : `${own.trimEnd()}\n`}enabled: true\npriority: 0\n`

/** Settings that a person may write by mistake; a plugin takes them or refuses them, but it answers. */
const oddSettings = [
  ["no settings at all", ""],
  ["settings that are a list", "- one\n- two\n"],
  ["settings that are not YAML", '{"a": [1, "\u0000\n']
] as const

/** Waits for the chunks that come through the host; inline chunks are there already. */
const followStream = Effect.fnUntraced(function* (host: CheckHost, answer: unknown, id: string) {
  const chunks = typeof answer === "object" && answer !== null && "chunks" in answer ? answer.chunks : []
  if (Array.isArray(chunks) && chunks.length > 0)
    return { right: true, outcome: `answered with ${chunks.length} chunks in the result` }
  const end = (yield* Clock.currentTimeMillis) + streamDeadlineMs
  while (!host.stream(id).closed && (yield* Clock.currentTimeMillis) < end) yield* Effect.sleep(5)
  const stream = host.stream(id)
  if (!stream.closed)
    return {
      right: false,
      outcome: `no chunk in the result, and no host.stream.close within ${streamDeadlineMs} ms: the client would wait for ever`
    }
  return { right: true, outcome: `answered with ${stream.chunks.length} chunks through host.stream.emit` }
})

/** Tries each method of a capability, one call after another. */
const checkCapability = Effect.fnUntraced(function* (
  plugin: PluginConnection,
  host: CheckHost,
  known: Known,
  flag: CapabilityFlag,
  requests: ReadonlyArray<Request>,
  method: ContractMethod
) {
  const findings: Array<Finding> = []
  let learned = known
  let streams = 0
  for (const request of requests) {
    const { sample, contract, decoded } = request
    const streamId = `${sample.what}-${++streams}`
    const isStream = method === "executor.execute_stream" && "stream_id" in sample.fields
    const bytes = isStream
      ? encode(Buffer.from(request.bytes).toString().replace("sample-stream", streamId))
      : request.bytes
    const outcome = yield* Effect.result(plugin.call(method, bytes, { deadlineMs }))
    if (Result.isSuccess(outcome)) learned = learnFrom(learned, method, outcome.success)
    const judged = judge(contract, outcome, decoded, known, !describes(method))
    const finding =
      isStream && judged.answer !== undefined && judged.right
        ? yield* followStream(host, judged.answer, streamId)
        : judged
    findings.push({ subject: flag, tried: `${method}: ${sample.what}`, right: finding.right, outcome: finding.outcome })
  }
  const strange = yield* Effect.result(plugin.call(method, encode("[1"), { deadlineMs }))
  const typed = Result.isSuccess(strange) || strange.failure._tag === "PluginRefused"
  findings.push({
    subject: flag,
    tried: `${method}: a request that is not JSON`,
    right: typed,
    outcome: Result.isFailure(strange) ? say(strange.failure) : "answered"
  })
  return { findings, learned }
})

/** Many calls at once, with reconfigurations among them. */
const checkAtOnce = Effect.fnUntraced(function* (
  plugin: PluginConnection,
  requests: ReadonlyArray<{ readonly request: Request; readonly known: Known }>,
  configuration: Uint8Array
) {
  const calls = requests.flatMap(({ request, known }) =>
    Array.from({ length: atOnce }, () =>
      Effect.map(Effect.result(plugin.call(request.contract.method, request.bytes, { deadlineMs })), (outcome) => ({
        method: request.contract.method,
        ...judge(request.contract, outcome, request.decoded, known, !describes(request.contract.method))
      }))
    )
  )
  const reconfigure = Effect.forEach(Array.from({ length: reconfigurations }), () =>
    Effect.map(Effect.result(plugin.call("plugin.reconfigure", configuration, { deadlineMs })), (outcome) => ({
      method: "plugin.reconfigure",
      right: Result.isSuccess(outcome),
      outcome: Result.isSuccess(outcome) ? "answered" : say(outcome.failure)
    }))
  )
  const [answers, others] = yield* Effect.all([Effect.all(calls, { concurrency: 64 }), reconfigure], { concurrency: 2 })
  const wrong = [...answers, ...others].filter(({ right }) => !right)
  const first = wrong[0]
  return {
    subject: "every plugin",
    tried: `${calls.length} calls at once, ${reconfigurations} reconfigurations among them`,
    right: first === undefined,
    outcome:
      first === undefined ? "all answered" : `${wrong.length} went wrong, such as ${first.method}: ${first.outcome}`
  } satisfies Finding
})

/** Everything between loading and closing. */
const checkOpened = Effect.fnUntraced(function* (
  plugin: PluginConnection,
  host: CheckHost,
  configuration: Uint8Array,
  exerciseAll: boolean
) {
  const findings: Array<Finding> = []
  const skipped: Array<Skip> = []
  const found = (subject: string, tried: string, right: boolean, outcome: string) =>
    findings.push({ subject, tried, right, outcome })

  const registered = yield* Effect.result(plugin.call("plugin.register", configuration, { deadlineMs }))
  if (Result.isFailure(registered)) {
    found("registration", "plugin.register", false, say(registered.failure))
    return { findings, skipped, registration: undefined }
  }
  const decoded = pluginRegister.decodeResult(registered.success)
  if (Result.isFailure(decoded)) {
    found("registration", "plugin.register", false, `the answer has the wrong shape: ${decoded.failure.detail}`)
    return { findings, skipped, registration: undefined }
  }
  const registration = decoded.success
  const problems = validateRegistration(registration)
  found("registration", "plugin.register", problems.length === 0, problems.length === 0 ? "valid" : problems.join("; "))

  const again = yield* Effect.result(plugin.call("plugin.reconfigure", configuration, { deadlineMs }))
  const repeated = Result.flatMap<unknown, PluginCallError, Registration, { readonly message: string }>(
    again,
    pluginReconfigure.decodeResult
  )
  const same = Result.isSuccess(repeated) && JSON.stringify(repeated.success) === JSON.stringify(registration)
  const difference = Result.isFailure(repeated)
    ? say(repeated.failure)
    : "gives another registration for the same settings"
  found("registration", "plugin.reconfigure with the same settings", same, same ? "the same registration" : difference)

  for (const [what, yaml] of oddSettings) {
    const outcome = yield* Effect.result(plugin.call("plugin.reconfigure", lifecycleRequest(yaml), { deadlineMs }))
    const answered = Result.isSuccess(outcome) || outcome.failure._tag === "PluginRefused"
    const said = Result.isSuccess(outcome) ? "taken" : say(outcome.failure)
    found("registration", `plugin.reconfigure with ${what}`, answered, said)
  }
  const back = yield* Effect.result(plugin.call("plugin.reconfigure", configuration, { deadlineMs }))
  const recovered = Result.isSuccess(back)
  found(
    "registration",
    "plugin.reconfigure with good settings again",
    recovered,
    recovered ? "taken" : say(back.failure)
  )

  const unknown = yield* Effect.result(plugin.call("cliproxy.check.no_such_method", encode("{}"), { deadlineMs }))
  const refused = Result.isFailure(unknown) && unknown.failure._tag === "PluginRefused"
  const instead = Result.isFailure(unknown) ? say(unknown.failure) : "answered as if it knew it"
  found("every plugin", "a method that does not exist", refused, refused ? "refused with an error envelope" : instead)

  const requests: Array<{ readonly request: Request; readonly known: Known }> = []
  const knownOf = new Map<CapabilityFlag, Known>()
  for (const [flag, method] of methodsOf(registration)) {
    const known = knownOf.get(flag) ?? (yield* learnIdentity(plugin, registration, flag, deadlineMs))
    const all = requestsOf(method, known)
    const tried = all.filter(({ sample }) => exerciseAll || sample.mayChange !== true)
    for (const request of all) {
      if (!tried.includes(request)) skipped.push({ subject: flag, tried: `${method}: ${request.sample.what}` })
    }
    const checked = yield* checkCapability(plugin, host, known, flag, tried, method)
    findings.push(...checked.findings)
    knownOf.set(flag, checked.learned)
    requests.push(...tried.map((request) => ({ request, known })))
  }
  findings.push(yield* checkAtOnce(plugin, requests, configuration))

  const called = [...host.calls].map(([method, times]) => `${method} (${times})`).join(", ")
  const unreadable = host.unreadable[0]
  found(
    "every plugin",
    "calls into the host",
    unreadable === undefined,
    unreadable === undefined
      ? called || "none"
      : `${host.unreadable.length} with requests that cannot be read, such as ${unreadable}`
  )
  return { findings, skipped, registration }
})

/**
 * Loads a plugin, registers it, tries every method that its capabilities promise with ordinary and odd requests, many
 * at once and while it is reconfigured, and closes it. Never fails: what goes wrong is in the report.
 *
 * It tells a plugin's faults, not its purpose: an error envelope is a right answer, and so is doing nothing. What may
 * change or delete something is left out unless `exerciseAll` says otherwise.
 */
export const checkPlugin = <E extends { readonly message: string }, R>(
  options: CheckOptions<E, R>
): Effect.Effect<CheckReport, never, Exclude<R, Scope.Scope>> =>
  Effect.gen(function* () {
    const { id, file } = options
    const host = makeCheckHost()
    const configuration = lifecycleRequest(settingsYaml(options.settings ?? ""))
    const scope = yield* Scope.make()
    const started = yield* Clock.currentTimeMillis
    const opened = yield* options
      .open(host.handler, (call) => Effect.asVoid(call("plugin.register", configuration, { deadlineMs })))
      .pipe(Scope.provide(scope), Effect.result)
    if (Result.isFailure(opened)) {
      yield* Scope.close(scope, Exit.void)
      const finding = { subject: "loading", tried: "the library", right: false, outcome: say(opened.failure) }
      return { file, id, findings: [finding], skipped: [], passed: false }
    }
    const plugin = opened.success
    const loaded = {
      subject: "loading",
      tried: "the library",
      right: true,
      outcome: `loaded in ${(yield* Clock.currentTimeMillis) - started} ms`
    }
    const checked = yield* checkOpened(plugin, host, configuration, options.exerciseAll ?? false)
    const { findings, registration, skipped } = checked

    const { inFlight, abandoned } = yield* plugin.stats
    const closing = yield* Clock.currentTimeMillis
    yield* Scope.close(scope, Exit.void)
    const closeMs = (yield* Clock.currentTimeMillis) - closing
    const ended = {
      subject: "ending",
      tried: "shutdown",
      right: closeMs < closeLimitMs,
      outcome:
        closeMs < closeLimitMs
          ? `ended in ${closeMs} ms`
          : `still busy after ${closeMs} ms; ${inFlight + abandoned} calls were running`
    }
    const all = [loaded, ...findings, ended]
    return {
      file,
      id,
      ...(registration === undefined ? {} : { registration }),
      findings: all,
      skipped,
      passed: all.every(({ right }) => right)
    }
  })
