import { describe, expect, it } from "vitest"
import { nextCooldown, ruleError } from "../src/index.ts"
import type { ErrorRule, ErrorRuleAction } from "../src/index.ts"

const answer = { status: 400, text: '{"error":{"message":"Organization has been DISABLED"}}', provider: "claude" }

describe("an operator's rule", () => {
  it.each([
    ["status", { statuses: [400, 418] }],
    ["text, in any case", { texts: ["nothing", "has been disabled"] }],
    ["provider", { providers: ["claude"] }],
    ["all that it names", { statuses: [400], texts: ["organization"], providers: ["claude"] }],
    ["nothing, for empty lists", { statuses: [], texts: [], providers: [] }]
  ])("fits by %s", (_, fields) => {
    expect(ruleError([{ ...fields, action: "stop" }], answer)?.failsOver).toBe(false)
  })

  it.each([
    ["status", { statuses: [401] }],
    ["text", { texts: ["rate"] }],
    ["provider", { providers: ["openai"] }],
    ["one of several things", { statuses: [400], texts: ["rate"] }]
  ])("does not fit by %s", (_, fields) => {
    expect(ruleError([{ ...fields, action: "stop" }], answer)).toBeUndefined()
  })

  it("is the first that fits", () => {
    const rules: ReadonlyArray<ErrorRule> = [
      { statuses: [500], action: "stop" },
      { texts: ["disabled"], action: "continue-and-cooldown" },
      { action: "stop" }
    ]
    expect(ruleError(rules, answer)?.rule).toBe(rules[1])
  })

  it.each<[ErrorRuleAction, boolean, boolean]>([
    ["stop", false, false],
    ["stop-and-cooldown", false, true],
    ["continue", true, false],
    ["continue-and-cooldown", true, true]
  ])("%s: goes on %s, rests %s, also for a request fault and against a failure", (action, failsOver, rests) => {
    const ruled = ruleError([{ action }], answer)
    expect(ruled).toMatchObject({ failsOver, rests })
    for (const status of [400, 500]) {
      const rest = nextCooldown(undefined, { _tag: "Refused", status, rests: ruled?.rests }, 0)
      expect(rest !== undefined).toBe(rests)
    }
  })
})
