import { homedir } from "node:os"

import { assert, describe, it } from "@effect/vitest"

import { formatProblem } from "../../src/config/config-problem.ts"
import { decodeConfig } from "../../src/config/decode-config.ts"

const linesOf = (text: string) => decodeConfig(text, "/srv").problems.map((problem) => formatProblem("f", problem))

/** A provider that is right, to put beside what is wrong. */
const provider = `openai-compatibility:
  - name: p
    base-url: https://api.example/v1
    api-key-entries: [{api-key: k-123}]
    models: [{name: m}]
`

/** Where the configured plugins run. */
const isolations = (text: string) => {
  const { config, problems } = decodeConfig(text, "/")
  assert.isFalse(problems.some(({ severity }) => severity === "error"))
  return [...(config?.gateway.plugins.configs.values() ?? [])].map(({ isolation }) => isolation)
}

describe("a configuration file", () => {
  it("has every default of an empty one, and says that it can serve nobody", () => {
    for (const text of ["", "# only a comment\n", "host:\nport:\n"]) {
      const { config, problems } = decodeConfig(text, "/srv")
      assert.deepStrictEqual(config, {
        host: "127.0.0.1",
        port: 8317,
        apiKeys: [],
        management: { secretKey: "", allowRemote: false },
        debug: false,
        demo: false,
        keepAliveMs: 0,
        writeTimeoutMs: 300_000,
        saveCooldownStatus: true,
        stateFile: undefined,
        traceHeader: false,
        shutdownGraceMs: 30_000,
        gateway: {
          strategy: "round-robin",
          queue: { limit: 1000, waitMs: 30_000 },
          requestRetry: 0,
          maxRetryCredentials: 0,
          maxRetryIntervalMs: 0,
          providers: [],
          forceModelPrefix: false,
          responseMemory: undefined,
          passthroughHeaders: false,
          authDir: undefined,
          proxyUrl: undefined,
          plugins: { enabled: false, dir: "/srv/plugins", allowNewerSchema: false, configs: new Map() }
        }
      })
      assert.deepStrictEqual(
        problems.map(({ severity, path }) => [severity, path]),
        [["warning", "openai-compatibility"]]
      )
    }
  })

  it("is read whole", () => {
    const { config, problems } = decodeConfig(
      `
host: "::1"
port: 0
api-keys: [alpha-secret, 12345]
remote-management: {secret-key: operators-only, allow-remote: on}
debug: yes
save-cooldown-status: false
state-file: kept/state.sqlite
response-memory: {megabytes: 8, minutes: 5}
shutdown-grace-seconds: 5
streaming: {keepalive-seconds: 15, write-timeout-seconds: 60}
routing: {strategy: FF}
trace-header: true
request-retry: 3
auth-dir: ~/credentials
proxy-url: socks5://u:p@proxy.example:1080
max-retry-credentials: 2
max-retry-interval: 30
force-model-prefix: true
openai-compatibility:
  - name: OpenRouter
    disabled: false
    priority: 5
    prefix: team
    base-url: https://openrouter.example/api/v1/
    headers:
      X-Title: My proxy
    api-key-entries:
      - api-key: or-1
        name: first
      - api-key: or-2
    models:
      - {name: vendor/model, alias: model}
      - name: plain
plugins:
  enabled: true
  dir: ~/libraries
  configs:
    scheduler:
      enabled: true
      priority: 10
      store: {version: v1.2.0}
      auth_id: x
`,
      "/srv"
    )
    assert.deepStrictEqual(problems, [])
    assert.deepStrictEqual(config, {
      host: "::1",
      port: 0,
      apiKeys: ["alpha-secret", "12345"],
      management: { secretKey: "operators-only", allowRemote: true },
      debug: true,
      demo: false,
      keepAliveMs: 15_000,
      writeTimeoutMs: 60_000,
      saveCooldownStatus: false,
      stateFile: "/srv/kept/state.sqlite",
      traceHeader: true,
      shutdownGraceMs: 5000,
      gateway: {
        strategy: "fill-first",
        queue: { limit: 1000, waitMs: 30_000 },
        requestRetry: 3,
        maxRetryCredentials: 2,
        maxRetryIntervalMs: 30_000,
        providers: [
          {
            kind: "openai-compatibility" as const,
            name: "openrouter",
            baseUrl: "https://openrouter.example/api/v1",
            disabled: false,
            priority: 5,
            prefix: "team",
            headers: { "X-Title": "My proxy" },
            keys: [{ apiKey: "or-1", name: "first" }, { apiKey: "or-2" }],
            models: [
              { name: "vendor/model", alias: "model" },
              { name: "plain", alias: "plain" }
            ]
          }
        ],
        forceModelPrefix: true,
        responseMemory: { maxBytes: 8 * 1024 * 1024, ttlMs: 300_000 },
        passthroughHeaders: false,
        authDir: `${homedir()}/credentials`,
        proxyUrl: "socks5://u:p@proxy.example:1080",
        plugins: {
          enabled: true,
          dir: `${homedir()}/libraries`,
          allowNewerSchema: false,
          configs: new Map([
            [
              "scheduler",
              {
                enabled: true,
                isolation: "process" as const,
                priority: 10,
                version: "1.2.0",
                yaml: "enabled: true\npriority: 10\nstore: {version: v1.2.0}\nauth_id: x\n"
              }
            ]
          ])
        }
      }
    })
  })

  it("isolates plugins as each says, else as all do, else in processes", () => {
    assert.deepStrictEqual(
      isolations("plugins:\n  configs:\n    a: {enabled: true}\n    b: {isolation: in-process}\n"),
      ["process", "in-process"]
    )
    assert.deepStrictEqual(
      isolations(
        "plugins:\n  isolation: in-process\n  configs:\n    a: {enabled: true}\n    b: {isolation: process}\n"
      ),
      ["in-process", "process"]
    )
  })

  it("says which isolations there are", () => {
    const { problems } = decodeConfig("plugins:\n  isolation: container\n", "/")
    const errors = problems.filter(({ severity }) => severity === "error")
    assert.deepInclude(errors[0], { line: 2 })
    assert.match(errors[0]?.message ?? "", /expected one of process, in-process/)
  })

  const strategies = {
    rr: "round-robin",
    "round-robin": "round-robin",
    ff: "fill-first",
    "fill-first": "fill-first",
    wrr: "weighted-round-robin",
    "weighted-round-robin": "weighted-round-robin",
    "least-inflight": "least-inflight",
    "soonest-reset": "soonest-reset"
  }
  for (const [written, meant] of Object.entries(strategies)) {
    it(`takes the strategy ${written} for ${meant}`, () => {
      const { config } = decodeConfig(`routing:\n  strategy: ${written}\n`, "/")
      assert.strictEqual(config?.gateway.strategy, meant)
    })
  }

  it("may use anchors and aliases", () => {
    const { config, problems } = decodeConfig(
      `openai-compatibility:
  - {name: a, base-url: https://a.example/v1, models: &models [{name: m}]}
  - {name: b, base-url: https://b.example/v1, models: *models}
`,
      "/"
    )
    assert.deepStrictEqual(problems, [])
    assert.deepStrictEqual(config?.gateway.providers[1]?.models, [{ name: "m", alias: "m" }])
  })

  const bad: ReadonlyArray<readonly [string, string, ReadonlyArray<string>]> = [
    ["a list at the top", "- a\n", ["f:1:1: error: expected a mapping, found a list"]],
    ["text at the top", "hello\n", ["f:1:1: error: expected a mapping, found text"]],
    [
      "an unknown key with a likely meaning",
      `${provider}prot: 1\n`,
      [`f:6:1: error: prot: is not a known key; did you mean "port"?`]
    ],
    [
      "an underscore for a dash",
      `${provider}api_keys: []\n`,
      [`f:6:1: error: api_keys: is not a known key; did you mean "api-keys"?`]
    ],
    ["an unknown key without any", `${provider}colour: red\n`, ["f:6:1: error: colour: is not a known key"]],
    [
      "a port as text",
      `${provider}port: "8317"\n`,
      ["f:6:7: error: port: expected a whole number, found text; remove the quotes"]
    ],
    [
      "a port that is no number",
      `${provider}port: [1]\n`,
      ["f:6:7: error: port: expected a whole number, found a list"]
    ],
    [
      "a port out of range",
      `${provider}port: 70000\n`,
      ["f:6:7: error: port: expected a whole number from 0 to 65535"]
    ],
    ["half a port", `${provider}port: 80.5\n`, ["f:6:7: error: port: expected a whole number from 0 to 65535"]],
    [
      "a negative retry",
      `${provider}request-retry: -1\n`,
      ["f:6:16: error: request-retry: expected a whole number from 0 to 100"]
    ],
    ["a flag that is text", `${provider}debug: "true"\n`, ["f:6:8: error: debug: expected true or false, found text"]],
    [
      "a mapping for a list",
      `${provider}api-keys: {a: b}\n`,
      ["f:6:11: error: api-keys: expected a list, found a mapping"]
    ],
    ["a list for a mapping", `${provider}routing: []\n`, ["f:6:10: error: routing: expected a mapping, found a list"]],
    ["an empty client key", `${provider}api-keys: ["", x1]\n`, ["f:6:12: error: api-keys[0]: must not be empty"]],
    [
      "a client key that is nothing",
      `${provider}api-keys:\n  -\n  - x1\n`,
      ["f:7:4: error: api-keys[0]: expected text, found nothing"]
    ],
    [
      "an unknown strategy",
      `${provider}routing:\n  strategy: random\n`,
      [
        "f:7:13: error: routing.strategy: expected one of round-robin, rr, fill-first, ff, weighted-round-robin, wrr, least-inflight, soonest-reset"
      ]
    ],
    [
      "a key that stands twice",
      `${provider}port: 1\nport: 2\n`,
      [`f:7:1: error: the key "port" stands twice in this mapping; the first is on line 6`]
    ],
    [
      "keys that are not supported yet",
      `${provider}tls: {}\nstreaming:\n  bootstrap-retries: 1\n`,
      [
        "f:6:1: warning: tls: is not supported yet and has no effect",
        "f:8:3: warning: streaming.bootstrap-retries: is not supported yet and has no effect"
      ]
    ],
    [
      "a management key that only its hash is left of, and a switch of the panel that is not here",
      `${provider}remote-management:\n  secret-key: "$2a$10$N9qo8uLOickgx2ZMRZoMye"\n  disable-control-panel: true\n`,
      [
        "f:7:15: error: remote-management.secret-key: is a bcrypt hash; write the key itself, or give it in MANAGEMENT_PASSWORD",
        "f:8:3: warning: remote-management.disable-control-panel: is not supported yet and has no effect"
      ]
    ],
    [
      "a proxy of a kind that is not known, without its password",
      `${provider}proxy-url: ftp://u:secret@h\n`,
      ["f:6:12: error: proxy-url: the proxy URL has the scheme ftp; http, https and socks5 are known"]
    ],
    [
      "a sample client key",
      `${provider}api-keys:\n  - your-api-key-1\n`,
      ["f:7:5: warning: api-keys[0]: looks like a sample key, which strangers can guess; make up your own"]
    ],
    [
      "a provider without name and URL",
      "openai-compatibility:\n  - models: [{name: m}]\n",
      [
        "f:2:5: error: openai-compatibility[0].name: is missing; it is required",
        "f:2:5: error: openai-compatibility[0].base-url: is missing; it is required"
      ]
    ],
    [
      "two providers of one name",
      "openai-compatibility:\n  - {name: p, base-url: http://a/v1, models: [{name: m}]}\n  - {name: P, base-url: http://b/v1, models: [{name: m}]}\n",
      ["f:3:5: error: openai-compatibility[1]: has the same name as openai-compatibility[0]; names must differ"]
    ],
    [
      "a provider with the name of the demo provider",
      "demo: true\nopenai-compatibility:\n  - {name: demo, base-url: http://a/v1, models: [{name: m}]}\n",
      ["f:3:5: error: openai-compatibility[0]: has the same name as the demo provider (demo: true); names must differ"]
    ],
    [
      "a provider without models",
      "openai-compatibility:\n  - {name: p, base-url: http://a/v1}\n",
      ["f:2:5: warning: openai-compatibility[0]: has no models, so that nothing can be called"]
    ],
    [
      "a prefix with a slash",
      "openai-compatibility:\n  - {name: p, base-url: http://a/v1, prefix: a/b, models: [{name: m}]}\n",
      ["f:2:46: error: openai-compatibility[0].prefix: must not contain a slash; one is put between it and the model"]
    ],
    [
      "a header that cannot be sent",
      `openai-compatibility:\n  - {name: p, base-url: http://a/v1, headers: {X-A: "a\\nb"}, models: [{name: m}]}\n`,
      [
        "f:2:53: error: openai-compatibility[0].headers: holds a header that cannot be sent: a name or a value has characters that headers may not have"
      ]
    ],
    [
      "two keys of one name",
      "openai-compatibility:\n  - name: p\n    base-url: http://a/v1\n    models: [{name: m}]\n    api-key-entries:\n      - {api-key: a1, name: x}\n      - {api-key: b1, name: x}\n",
      [
        "f:6:7: error: openai-compatibility[0].api-key-entries: two of the keys have the same name; credentials are told apart by it"
      ]
    ],
    [
      "a plugin ID that no library can have",
      `${provider}plugins:\n  configs:\n    "a b": {enabled: true}\n`,
      [
        "f:8:12: error: plugins.configs: a plugin ID has letters, digits, dots, dashes and underscores only, at most 128"
      ]
    ],
    [
      "a plugin that is switched on by a word",
      `${provider}plugins:\n  configs:\n    p:\n      enabled: maybe\n      own: maybe\n`,
      ["f:9:16: error: plugins.configs.p.enabled: expected true or false, found text"]
    ],
    [
      "a tab for indentation",
      "routing:\n\tstrategy: rr\n",
      ["f:2:1: error: tabs cannot be used to indent; use spaces"]
    ],
    [
      "a second document",
      `${provider}---\nport: 1\n`,
      ["f:6:1: error: the file holds more than one YAML document; only one is read"]
    ],
    [
      "an alias of nothing",
      `${provider}host: *nothing\n`,
      ["f:6:7: error: this alias refers to an anchor that is not set before it"]
    ]
  ]
  for (const [name, text, expected] of bad) {
    it(`says line, column and what is wrong with ${name}`, () => {
      assert.deepStrictEqual(linesOf(text), expected)
      const hasError = expected.some((line) => line.includes(": error: "))
      assert.strictEqual(decodeConfig(text, "/").config === undefined, hasError)
    })
  }

  const urls: ReadonlyArray<readonly [string, string]> = [
    ["api.example.com/v1", "is not a URL; expected something like https://api.example.com/v1"],
    ["ftp://h/v1", "must begin with https:// or http://"],
    ["https://me:hunter2@h/v1", "must not contain a user name or a password; put the key into api-key-entries"],
    ["https://h/v1#x", "must not contain a #fragment"],
    ["https://h/v1/chat/completions", "must end before /chat/completions, which is added to it"]
  ]
  for (const [url, message] of urls) {
    it(`says that ${message} of a base URL`, () => {
      const text = `openai-compatibility:\n  - name: p\n    base-url: "${url}"\n    models: [{name: m}]\n`
      assert.deepStrictEqual(linesOf(text), [`f:3:15: error: openai-compatibility[0].base-url: ${message}`])
    })
  }

  it("is read to its end, so that one run finds every problem, in the order of the file", () => {
    const lines = linesOf("port: x\nopenai-compatibility:\n  - base-url: nowhere\n    nmae: p\nrequest-retry: many\n")
    assert.deepStrictEqual(
      lines.map((line) => line.split(": ").slice(0, 3).join(": ")),
      [
        "f:1:7: error: port",
        "f:3:5: error: openai-compatibility[0].name",
        "f:3:15: error: openai-compatibility[0].base-url",
        "f:4:5: error: openai-compatibility[0].nmae",
        "f:5:16: error: request-retry"
      ]
    )
  })

  it("never shows a secret in a message, wherever it was put", () => {
    const secret = "sk-abcdef0123456789abcdef0123456789"
    const texts = [
      `${secret}: 1\n`,
      `api-keys: ${secret}\n`,
      `api-keys: {${secret}: 1}\n`,
      `port: ${secret}\n`,
      `routing: {strategy: ${secret}}\n`,
      `api-keys: ["${secret}\n`,
      `api-keys: *${secret}\n`,
      `api-keys: [!${secret} x]\n`,
      `openai-compatibility: [{name: p, base-url: "https://x:${secret}@h/"}]\n`,
      `openai-compatibility: [{name: p, base-url: ${secret}, ${secret}: 1, headers: {"a ${secret}": b}}]\n`,
      `${secret}: 1\n${secret}: 2\n`,
      `a: b: ${secret}\n`,
      `- ${secret}\n`,
      `%${secret}\n---\na: 1\n`
    ]
    for (const text of texts) {
      const lines = linesOf(text)
      assert.isAbove(lines.length, 0, text)
      assert.notInclude(lines.join("\n"), secret.slice(3, 12), text)
    }
  })
})
