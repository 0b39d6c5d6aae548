import { nextCooldown } from "@cliproxy/scheduler"
import { assert, describe, it } from "@effect/vitest"

import { ExecutorRefused, ProviderBroke, ProviderRefused } from "../../src/failover/attempt-failure.ts"
import { judge, toGatewayError } from "../../src/failover/attempt-outcome.ts"
import { decodeError } from "../../src/codecs/openai-chat/errors.ts"
import type { ErrorRuleSettings } from "../../src/failover/error-rules.ts"
import { readErrorAnswer } from "../../src/provider/provider-error-body.ts"

type Refusal = ConstructorParameters<typeof ProviderRefused>[0]

const refused = (status: number, more: Partial<Refusal> = {}): ProviderRefused =>
  new ProviderRefused({ status, message: `status ${status}`, type: null, code: null, param: null, ...more })

const unreachable = new ProviderBroke({ message: "no connection", midStream: false, answered: false })
const killed = new ProviderBroke({ message: "SIGKILL", midStream: false, answered: false, blameless: true })
const cut = new ProviderBroke({ message: "cut", midStream: true, answered: true })

/** How long a first failure rests, in milliseconds; `undefined` for not at all. */
const rest = (failure: Parameters<typeof judge>[0], rules?: Parameters<typeof judge>[1]): number | undefined => {
  const { outcome } = judge(failure, rules)
  return outcome === undefined ? undefined : nextCooldown(undefined, outcome, 0)?.until
}

describe("what a failure means", () => {
  for (const [name, failure, goOn, later, restMs] of [
    ["a request fault", refused(400), false, false, undefined],
    ["a refused key", refused(401), true, false, 1_800_000],
    ["a refused key in a 400", refused(400, { code: "invalid_api_key" }), true, false, 1_800_000],
    ["an invalid grant", refused(400, { message: "invalid_grant: token revoked" }), true, false, 1_800_000],
    ["a model that is not supported", refused(422, { message: "The model x is not supported." }), true, false, 60_000],
    [
      "a conversation that is too long, as a 500",
      refused(500, { code: "context_length_exceeded" }),
      false,
      false,
      undefined
    ],
    ["an executor that was killed", killed, true, true, undefined],
    ["a rate limit", refused(429), true, true, 1_000],
    ["a rate limit with a hint", refused(429, { retryAfterMs: 7_000 }), true, true, 7_000],
    ["a challenge", refused(403, { challenged: true }), true, true, 10_000],
    ["an overload", refused(529), true, true, 1_000],
    ["a status that nobody knows", refused(418), true, false, 1_000],
    ["no connection", unreachable, true, true, 1_000],
    ["an answer that was cut after it began", cut, false, false, 1_000]
  ] as const) {
    it(`of ${name}: ${goOn ? "the next credential" : "the end"}${later ? ", another round" : ""}`, () => {
      const verdict = judge(failure)
      assert.deepInclude(verdict, { goOn, later })
      assert.strictEqual(rest(failure), restMs)
    })
  }

  it("takes the scope that the provider names", () => {
    assert.deepInclude(judge(refused(429, { scope: "account" })).outcome, { scope: "account" })
  })

  it("shows a client no challenge that was meant for the gateway as its own", () => {
    assert.deepInclude(toGatewayError(refused(403, { challenged: true }), "m"), {
      status: 503,
      code: "upstream_challenged",
      retryAfterMs: 10_000
    })
  })
})

describe("transient-error-cooldown-seconds", () => {
  for (const failure of [refused(500), refused(408), refused(529), refused(418)]) {
    it(`is the shortest rest after ${failure.status}, and below 0 there is none`, () => {
      assert.strictEqual(rest(failure, { transientCooldownMs: 90_000 }), 90_000)
      assert.strictEqual(rest(failure, { transientCooldownMs: -1 }), undefined)
      assert.isTrue(judge(failure, { transientCooldownMs: -1 }).goOn)
    })
  }

  it("leaves every other rest as it is", () => {
    for (const failure of [refused(401), refused(404), refused(429), refused(400)]) {
      for (const transientCooldownMs of [-1, 90_000]) {
        assert.strictEqual(rest(failure, { transientCooldownMs }), rest(failure))
      }
    }
  })

  it("below 0 lets nobody rest for a broken connection", () => {
    assert.strictEqual(rest(unreachable, { transientCooldownMs: -1 }), undefined)
  })
})

const rules = (...errorRules: ReadonlyArray<ErrorRuleSettings>) => ({ errorRules })

/** The error answer with status 400 and this body. */
const answered = (body: string, key = "key-1"): ProviderRefused =>
  readErrorAnswer({ status: 400, body, decode: decodeError, redact: (text) => text.replaceAll(key, "[redacted]") })

/** Whether a rule fits an answer after which nobody else would be tried. */
const fits = (failure: ProviderRefused, rule: Omit<ErrorRuleSettings, "action">): boolean =>
  judge(failure, rules({ ...rule, action: "continue" })).goOn

describe("request-scoped-errors", () => {
  it("let an operator stop at, or go on after, any error answer, with a rest or without", () => {
    for (const [action, goOn, rests] of [
      ["stop", false, false],
      ["stop-and-cooldown", false, true],
      ["continue", true, false],
      ["continue-and-cooldown", true, true]
    ] as const) {
      for (const status of [400, 429, 500]) {
        const verdict = judge(refused(status), rules({ status, action }))
        assert.strictEqual(verdict.goOn, goOn, `${status} ${action}`)
        assert.strictEqual(rest(refused(status), rules({ status, action })) !== undefined, rests, `${status} ${action}`)
      }
    }
  })

  it("go by status, by text in any case, and by pattern; all that a rule names must fit", () => {
    const failure = refused(400, { message: "Billing HARD limit reached", code: "billing_limit" })
    assert.isTrue(fits(failure, {}))
    assert.isTrue(fits(failure, { status: 400, match: "hard LIMIT" }))
    assert.isTrue(fits(failure, { match: "billing_limit" }))
    assert.isTrue(fits(failure, { pattern: /^billing_/m }))
    assert.isFalse(fits(failure, { status: 403, match: "hard limit" }))
    assert.isFalse(fits(failure, { match: "soft limit" }))
    assert.isFalse(fits(failure, { status: 400, match: "hard limit", pattern: /soft/ }))
  })

  it("see the body of an answer that is no error object, and of others only what the error says", () => {
    const page = answered(`<html>${" ".repeat(60_000)}Blocked by the Firewall</html>`)
    assert.isTrue(fits(page, { match: "blocked by the firewall" }))
    assert.isTrue(fits(page, { pattern: /^<html>/ }))
    assert.notInclude(page.message, "Firewall", "it is not shown to clients")
    const other = answered(JSON.stringify({ fault: { faultstring: "Quota violation" } }))
    assert.isTrue(fits(other, { match: "quota VIOLATION" }))
    assert.isFalse(fits(other, { match: "spike arrest" }))
    const known = answered(JSON.stringify({ error: { message: "bad field" }, request: "quota violation" }))
    assert.isFalse(fits(known, { match: "quota violation" }), "what it quotes of the request is nobody's error")
    assert.isTrue(fits(known, { match: "bad field" }))
    const quoted = answered("the key sk-secret-1 and more", "sk-secret-1")
    assert.notInclude(JSON.stringify(quoted), "sk-secret-1")
    const endless = answered("x".repeat(1_000_000))
    assert.strictEqual(endless.body?.length, 64 * 1024)
    assert.isUndefined(answered("").body)
  })

  it("count in their order", () => {
    const first = rules({ status: 500, action: "stop" }, { action: "continue" })
    assert.isFalse(judge(refused(500), first).goOn)
    assert.isTrue(judge(refused(400), first).goOn)
  })

  it("see the status that the provider sent, and the answers of plugins", () => {
    const failure = refused(400, { code: "invalid_api_key" })
    assert.isFalse(judge(failure, rules({ status: 400, action: "stop" })).goOn)
    assert.isTrue(judge(failure, rules({ status: 401, action: "stop" })).goOn)
    const plugin = new ExecutorRefused({ plugin: "p", message: "quota of the day", status: 400 })
    assert.isTrue(judge(plugin, rules({ match: "quota", action: "continue" })).goOn)
  })

  it("cannot go on once something has reached the client, and say nothing of broken connections", () => {
    const midStream = refused(500, { midStream: true })
    assert.isFalse(judge(midStream, rules({ action: "continue" })).goOn)
    assert.isTrue(judge(unreachable, rules({ action: "stop" })).goOn)
  })
})
