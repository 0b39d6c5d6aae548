import { assert, describe, it } from "@effect/vitest"

import { decodeConfig } from "../../src/config/decode-config.ts"

/** What the plugin `p` gets as its settings when its subtree is this. */
const yamlFor = (subtree: string, before = "") =>
  decodeConfig(`${before}demo: true\nplugins:\n  configs:\n${subtree}`, "/").config?.gateway.plugins.configs.get("p")
    ?.yaml

describe("the settings that a plugin gets", () => {
  const cases: ReadonlyArray<readonly [string, string, string]> = [
    [
      "are its subtree, at the left margin, with comments and unknown keys",
      "    p:\n      enabled: true\n      priority: 3\n      # why\n      own:\n        - 1.0\n        - 0x10   # hex\n      text: |\n        two\n          lines\n",
      "enabled: true\npriority: 3\n# why\nown:\n  - 1.0\n  - 0x10   # hex\ntext: |\n  two\n    lines\n"
    ],
    [
      "get enabled and priority when they are missing",
      "    p:\n      own: 1\n",
      "own: 1\nenabled: false\npriority: 0\n"
    ],
    ["get what is missing only", "    p:\n      enabled: yes\n      own: 1\n", "enabled: yes\nown: 1\npriority: 0\n"],
    ["are the defaults when there is an empty mapping", "    p: {}\n", "enabled: false\npriority: 0\n"],
    [
      "are block lines even when they stand on one line",
      "    p: {own: {a: [1, 2]}, enabled: true}\n",
      "own:\n  a:\n    - 1\n    - 2\nenabled: true\npriority: 0\n"
    ],
    [
      "end before the next plugin",
      "    p:\n      own: 1\n    q:\n      own: 2\n",
      "own: 1\nenabled: false\npriority: 0\n"
    ],
    [
      "have no carriage returns",
      "    p:\r\n      own: 1\r\n      two: 2\r\n",
      "own: 1\ntwo: 2\nenabled: false\npriority: 0\n"
    ]
  ]
  for (const [name, subtree, expected] of cases) {
    it(name, () => {
      assert.strictEqual(yamlFor(subtree), expected)
    })
  }

  it("are complete when they lean on an anchor elsewhere in the file", () => {
    const yaml = yamlFor("    p:\n      enabled: true\n      own: *shared\n", "request-retry: &shared 3\n")
    assert.strictEqual(yaml, "enabled: true\nown: 3\npriority: 0\n")
  })

  it("may use one anchor as often as they like", () => {
    const users = Array.from({ length: 500 }, (_, index) => `        u${index}: *rule`)
    const yaml = yamlFor(`    p:\n      rule: &rule {deny: all}\n      users:\n${users.join("\n")}\n`)
    assert.strictEqual(yaml?.match(/\*/g)?.length, 500)
  })

  it("are refused when their aliases stand for more than can be written out, or for themselves", () => {
    const lines = Array.from(
      { length: 40 },
      (_, index) => `      a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`
    )
    const bomb = `demo: true\nplugins:\n  configs:\n    p:\n      a0: &a0 [x]\n${lines.join("\n")}\n`
    const circle = "demo: true\nplugins:\n  configs:\n    p:\n      own: &own [*own]\n"
    for (const text of [bomb, circle]) {
      assert.deepStrictEqual(
        decodeConfig(text, "/").problems.map(({ line, path, message }) => [line, path, message]),
        [[5, "plugins.configs.p", "its aliases stand for more than 100000 values"]]
      )
    }
  })
})
