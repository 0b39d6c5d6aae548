import { assert, describe, it } from "@effect/vitest"

import { formatProblem } from "../../src/config/config-problem.ts"
import { decodeConfig } from "../../src/config/decode-config.ts"

const linesOf = (text: string) => decodeConfig(text, "/srv").problems.map((problem) => formatProblem("f", problem))

const providersOf = (text: string) => {
  const { config, problems } = decodeConfig(text, "/srv")
  assert.deepStrictEqual(problems, [])
  return config?.gateway.providers
}

const defaults = { disabled: false, priority: 0, prefix: undefined, headers: {}, models: [] }

describe("a provider's keys", () => {
  it("of Claude and Gemini need nothing but the key, and go to the provider's own address", () => {
    assert.deepStrictEqual(providersOf("claude-api-key:\n  - api-key: c-1\ngemini-api-key: [{api-key: g-1}]\n"), [
      {
        kind: "claude-api-key",
        name: "claude",
        baseUrl: "https://api.anthropic.com",
        keys: [{ apiKey: "c-1" }],
        ...defaults
      },
      {
        kind: "gemini-api-key",
        name: "gemini",
        baseUrl: "https://generativelanguage.googleapis.com",
        keys: [{ apiKey: "g-1" }],
        ...defaults
      }
    ])
  })

  it("of Claude may say all that they can", () => {
    const providers = providersOf(`claude-api-key:
  - api-key: c-1
    name: work
    base-url: https://claude.example/v1/
    disabled: true
    priority: 3
    weight: 5
    prefix: team
    proxy-url: socks5://u:p@proxy.example:1080
    headers: {anthropic-beta: $anthropic-beta, X-Team: blue}
    excluded-models: [claude-2*, "*-preview"]
    disable-cooling: true
    request-retry: 2
    models:
      - name: claude-opus-9
        alias: opus
        display-name: The big one
        max-context-length: 200000
        force-mapping: true
gemini-api-key: [{api-key: g-1}]
`)
    assert.deepStrictEqual(providers?.[0], {
      kind: "claude-api-key",
      name: "claude",
      baseUrl: "https://claude.example/v1",
      disabled: true,
      priority: 3,
      prefix: "team",
      headers: { "anthropic-beta": "$anthropic-beta", "X-Team": "blue" },
      keys: [{ apiKey: "c-1", name: "work", weight: 5, proxyUrl: "socks5://u:p@proxy.example:1080" }],
      models: [
        {
          name: "claude-opus-9",
          alias: "opus",
          displayName: "The big one",
          maxContextLength: 200_000,
          forceMapping: true
        }
      ],
      excludedModels: ["claude-2*", "*-preview"],
      disableCooling: true,
      requestRetry: 2
    })
  })

  it("of a compatible provider have shares and proxies of their own", () => {
    const [provider] =
      providersOf(`openai-compatibility:
  - name: p
    base-url: https://p.example/v1
    excluded-models: [x*]
    api-key-entries:
      - {api-key: k-1, weight: 0, proxy-url: none}
    models: [{name: m}]
`) ?? []
    assert.deepStrictEqual(provider?.keys, [{ apiKey: "k-1", weight: 0, proxyUrl: "none" }])
    assert.deepStrictEqual(provider?.excludedModels, ["x*"])
  })

  const bad: ReadonlyArray<readonly [string, string, ReadonlyArray<string>]> = [
    [
      "a key that is missing",
      "claude-api-key:\n  - name: x\n",
      ["f:2:5: error: claude-api-key[0].api-key: is missing; it is required"]
    ],
    [
      "two keys of one name",
      "gemini-api-key:\n  - {api-key: a, name: x}\n  - {api-key: b, name: x}\n",
      ["f:3:5: error: gemini-api-key[1]: has the same name as gemini-api-key[0]; names must differ"]
    ],
    [
      "a compatible provider with the name of one that has keys of its own",
      "claude-api-key: [{api-key: a}]\nopenai-compatibility:\n  - {name: Claude, base-url: https://h/v1, models: [{name: m}]}\n",
      ["f:3:5: error: openai-compatibility[0]: has the same name as the provider of claude-api-key; names must differ"]
    ],
    [
      "a URL of Claude that names the endpoint",
      "claude-api-key:\n  - api-key: a\n    base-url: https://h/v1/messages\n",
      ["f:3:15: error: claude-api-key[0].base-url: must end before /messages, which is added to it"]
    ],
    [
      "a URL of Gemini that names a model",
      "gemini-api-key:\n  - api-key: a\n    base-url: https://h/v1beta/models/gemini-x\n",
      ["f:3:15: error: gemini-api-key[0].base-url: must end before /models/gemini-x, which is added to it"]
    ],
    [
      "a password in a URL",
      "claude-api-key:\n  - api-key: a\n    base-url: https://u:hunter2@h\n",
      [
        "f:3:15: error: claude-api-key[0].base-url: must not contain a user name or a password; put the key into api-key"
      ]
    ],
    [
      "a proxy of a kind that is not known, without its password",
      "claude-api-key:\n  - api-key: a\n    proxy-url: ftp://u:hunter2@h\n",
      ["f:3:16: error: claude-api-key[0].proxy-url: the proxy URL has the scheme ftp; http, https and socks5 are known"]
    ],
    [
      "a weight beyond its bounds",
      "claude-api-key:\n  - api-key: a\n    weight: 1000001\n",
      ["f:3:13: error: claude-api-key[0].weight: expected a whole number from -1000000 to 1000000"]
    ],
    [
      "a length of nothing",
      "claude-api-key:\n  - api-key: a\n    models:\n      - {name: m, max-context-length: 0}\n",
      ["f:4:39: error: claude-api-key[0].models[0].max-context-length: expected a whole number from 1 to 1000000000"]
    ],
    [
      "an excluded model that is no name",
      "claude-api-key:\n  - api-key: a\n    excluded-models: [{a: b}]\n",
      ["f:3:23: error: claude-api-key[0].excluded-models[0]: expected text, found a mapping"]
    ],
    [
      "a sample key",
      "gemini-api-key:\n  - api-key: your-api-key\n",
      ["f:2:14: warning: gemini-api-key[0].api-key: looks like a sample key; put your own in its place"]
    ],
    [
      "what is not supported yet",
      "claude-api-key:\n  - api-key: a\n    cloak: {mode: auto}\n    models: [{name: m, thinking: {max: 1}}]\n",
      [
        "f:3:5: warning: claude-api-key[0].cloak: is not supported yet and has no effect",
        "f:4:24: warning: claude-api-key[0].models[0].thinking: is not supported yet and has no effect"
      ]
    ],
    [
      "an unknown key with a likely meaning",
      "gemini-api-key:\n  - {api-key: a, exclude-models: [x]}\n",
      [`f:2:18: error: gemini-api-key[0].exclude-models: is not a known key; did you mean "excluded-models"?`]
    ]
  ]
  for (const [name, text, expected] of bad) {
    it(`gets line, column and what is wrong with ${name}`, () => {
      assert.deepStrictEqual(linesOf(text), expected)
    })
  }
})

/** An endpoint with these keys, as it stands in a file. */
const endpoint = (baseUrl: string, ...keys: ReadonlyArray<string>) =>
  JSON.stringify({
    name: baseUrl.slice(-1),
    "base-url": baseUrl,
    "api-key-entries": keys.map((key) => ({ "api-key": key })),
    models: [{ name: "m" }]
  })

describe("keys that cannot do what they are for", () => {
  it("are refused when no header can carry them, with the place and without the key", () => {
    assert.deepStrictEqual(linesOf('api-keys: ["a\\nb"]\nclaude-api-key: [{api-key: "sk-ant–1"}]\n'), [
      "f:1:12: error: api-keys[0]: character 2 (U+000A) cannot be sent in a header; was it pasted from a text?",
      "f:2:28: error: claude-api-key[0].api-key: character 7 (U+2013) cannot be sent in a header; was it pasted from a text?"
    ])
  })

  it("are told when they stand in the file twice for the same provider", () => {
    const twice = "has a key twice, or one of an entry above; the provider's limits count once for both"
    assert.deepStrictEqual(linesOf("gemini-api-key:\n  - {api-key: g, name: a}\n  - {api-key: g, name: b}\n"), [
      `f:3:5: warning: gemini-api-key[1]: ${twice}`
    ])
    const all = [endpoint("http://x/a", "k", "k"), endpoint("http://x/b", "k"), endpoint("http://x/c", "k", "l")].join(
      ", "
    )
    assert.deepStrictEqual(linesOf(`openai-compatibility: [${all}]\n`), [
      `f:1:24: warning: openai-compatibility[0]: ${twice}`
    ])
  })
})

describe("a file without providers", () => {
  it("is told that nobody can be served, unless credentials in files or plugins may serve", () => {
    const nobody = [
      "f:1:1: warning: openai-compatibility: names no provider that is in use, so that no request can be served"
    ]
    assert.deepStrictEqual(linesOf("port: 1\n"), nobody)
    assert.deepStrictEqual(linesOf("auth-dir: /tmp\n"), [])
    assert.deepStrictEqual(linesOf("plugins: {enabled: true}\n"), [])
    assert.deepStrictEqual(linesOf("plugins: {enabled: false}\n"), nobody)
  })
})
