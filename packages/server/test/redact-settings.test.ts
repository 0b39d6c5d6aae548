import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { redactSettings } from "../src/management/redact-settings.ts"

const secret = "sk-0123456789-0123456789"

/** Keys that hold secrets, and keys that nobody knows. */
const secretKey = fc.oneof(
  fc.constantFrom("api-key", "api-keys", "secret-key", "headers", "token", "Authorization", "password"),
  fc.string().map((key) => `x${key}`)
)

/** Mappings and lists in each other, with the secret at the end of each way. */
const hidden = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(secret),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(secretKey, tie("value"), { maxKeys: 3 })
  )
})).value

describe("the configuration as it is shown", () => {
  it("holds no text under a key that is not known to be harmless, wherever it stands", () => {
    fc.assert(
      fc.property(fc.dictionary(secretKey, hidden), (settings) => {
        assert.notInclude(JSON.stringify(redactSettings(settings)), secret)
      })
    )
  })

  it("holds nothing that is a plugin's own", () => {
    fc.assert(
      fc.property(fc.dictionary(secretKey, hidden), (own) => {
        const shown = redactSettings({ plugins: { configs: { lab: { ...own, enabled: true, pin: 1234 } } } })
        const { configs } = shown["plugins"] as { configs: { lab: object } }
        assert.notInclude(JSON.stringify(shown), secret)
        for (const key of Object.keys(configs.lab)) assert.include(["enabled", "priority", "isolation", "store"], key)
      })
    )
  })

  it("shows the end of long keys alone, and addresses without who is to enter and with what", () => {
    const shown = redactSettings({
      "claude-api-key": [{ "api-key": secret, name: "one", "base-url": "https://api.example.com/v1?key=hidden" }],
      "openai-compatibility": [
        { name: "p", "api-key-entries": [{ "api-key": "short-key", "proxy-url": "not an address" }] }
      ],
      "api-keys": [123_456_789, "x"],
      "proxy-url": "socks5://me:hidden@proxy:1080",
      routing: { strategy: "fill-first", fallbacks: { "model-a": ["model-b"] } },
      port: 8317
    })
    assert.deepStrictEqual(shown, {
      "claude-api-key": [{ "api-key": "***6789", name: "one", "base-url": "https://api.example.com/v1" }],
      "openai-compatibility": [{ name: "p", "api-key-entries": [{ "api-key": "***", "proxy-url": "***" }] }],
      "api-keys": ["***", "***"],
      "proxy-url": "socks5://proxy:1080",
      routing: { strategy: "fill-first", fallbacks: { "model-a": ["model-b"] } },
      port: 8317
    })
  })
})
