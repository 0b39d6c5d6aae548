import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"
import { Document, isCollection, isPair, parse, visit } from "yaml"

import { editYaml, readSettings, type Settings } from "../../src/config-edit/edit-yaml.ts"

const text = `# head
port:   8317   # the port
api-keys:
  - one   # first
  # about two
  - "two"
  - three

plugins: # here
  enabled: yes
  configs:
    lab:   # the lab
      enabled: true

      # how deep
      depth:   3   # metres
      names: [a,  b,   c]
      nested: {x: 1,   y: 'one'}   # flow
      text: |
        line 1
        line 2
    other: {enabled: true}

# trailing
debug: false
`

const edited = (before: string, wanted: Settings): string => Result.getOrThrow(editYaml(before, wanted))

/** The settings of the text above, with something changed. */
const changed = (change: (lab: Record<string, unknown>, settings: Record<string, unknown>) => void): string => {
  const settings = structuredClone(readSettings(text)) as Record<string, unknown>
  const { configs } = settings["plugins"] as { configs: { lab: Record<string, unknown> } }
  change(configs.lab, settings)
  return edited(text, settings)
}

const withKeys = (keys: ReadonlyArray<string>): string =>
  changed((_, settings) => {
    settings["api-keys"] = keys
  })

describe("an edit of a YAML file", () => {
  it("changes a value where it stands", () => {
    const after = changed((lab, settings) => {
      lab["depth"] = 4
      lab["nested"] = { x: 1, y: "two words" }
      settings["port"] = 9000
    })
    const expected = text.replace("8317 ", "9000 ").replace("depth:   3", "depth:   4").replace("'one'", "'two words'")
    assert.strictEqual(after, expected)
  })

  it("adds keys behind the last one of their mapping", () => {
    const after = changed((lab, settings) => {
      lab["mode"] = "on"
      lab["nested"] = { x: 1, y: "one", z: ["q"] }
      settings["request-retry"] = 2
    })
    const expected = text.replace("y: 'one'}", `y: 'one', z: ["q"]}`).replace("line 2\n", `line 2\n      mode: "on"\n`)
    assert.strictEqual(after, `${expected}request-retry: 2\n`)
  })

  it("removes the lines of a key and leaves the comments around them", () => {
    const after = changed((lab) => {
      delete lab["depth"]
      delete lab["text"]
      lab["nested"] = { y: "one" }
      lab["names"] = ["a", "c"]
    })
    const expected = text
      .replace("      depth:   3   # metres\n", "")
      .replace("      text: |\n        line 1\n        line 2\n", "")
      .replace("x: 1,   y", "y")
      .replace("b,   c", "c")
    assert.strictEqual(after, expected)
  })

  it("changes, adds and removes items of a list", () => {
    assert.strictEqual(withKeys(["one", "three"]), text.replace(`  - "two"\n`, ""))
    assert.strictEqual(withKeys(["one", "2", "three"]), text.replace(`"two"`, `"2"`))
    assert.strictEqual(withKeys(["one", "two", "three", "a b"]), text.replace("- three\n", "- three\n  - a b\n"))
    assert.deepStrictEqual((parse(withKeys([])) as Settings)["api-keys"], [])
  })

  it("writes a piece anew that refers to another one, and only that", () => {
    const aliased = "# a\nbase: &b {x: 1}\n# b\nuse: *b   # c\nlast:   1\n"
    const after = edited(aliased, { base: { x: 1 }, use: { x: 2 }, last: 1 })
    assert.deepStrictEqual(readSettings(after), { base: { x: 1 }, use: { x: 2 }, last: 1 })
    for (const line of ["# a", "base: &b {x: 1}", "# b", "last:   1"]) assert.include(after.split("\n"), line)
  })

  it("refuses to break what other places refer to", () => {
    assert.isTrue(Result.isFailure(editYaml("base: &b {x: 1}\nuse: *b\n", { base: 1, use: { x: 1 } })))
    assert.isTrue(Result.isFailure(editYaml("- a\n", { a: 1 })))
    assert.isTrue(Result.isFailure(editYaml("a: [\n", { a: 1 })))
  })

  it("begins an empty file, keeps the line ends of Windows, and ends a line that has no end", () => {
    assert.strictEqual(edited("", { a: 1 }), "a: 1\n")
    assert.strictEqual(edited("# nothing\n", { a: { b: "x" } }), "# nothing\na:\n  b: x\n")
    assert.strictEqual(edited("a: 1\r\nb: 2\r\n", { a: 3, b: 2, c: { d: 1 } }), "a: 3\r\nb: 2\r\nc:\r\n  d: 1\r\n")
    assert.strictEqual(edited("a: 1", { a: 1, b: 2 }), "a: 1\nb: 2\n")
    assert.strictEqual(edited(`{"a": 1}`, { a: 1, b: 2 }), `{"a": 1, b: 2}`)
  })
})

const key = fc.oneof(
  fc.string({ minLength: 1, maxLength: 5 }),
  fc.constantFrom("enabled", "on", "1", "a-b", "<<", "__proto__")
)
const leaf = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("yes", "null", "12", "a: b", "# c", "line\nline\n", " x ", "1e3", "'", `"`),
  fc.integer(),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.boolean(),
  fc.constant(null)
)
const mapping = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true })
  ),
  mapping: fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true })
})).mapping as fc.Arbitrary<Settings>

/** A file as people write them: block and flow style, comments above and behind. */
const file = fc
  .tuple(mapping, fc.infiniteStream(fc.integer({ min: 0, max: 5 })), fc.boolean())
  .map(([settings, choices, windows]) => {
    const document = new Document(settings)
    let comments = 0
    const choose = () => Number(choices.next().value)
    visit(document, (_, node) => {
      if (isCollection(node)) node.flow = node !== document.contents && choose() === 0
      if (isPair(node) && typeof node.key === "object" && node.key !== null && "commentBefore" in node.key) {
        if (choose() === 0) node.key.commentBefore = ` comment ${comments++}`
      }
    })
    const lines = document.toString({ lineWidth: 0 })
    return { settings, text: windows ? lines.replaceAll("\n", "\r\n") : lines }
  })

/** Other settings, which share much with the first: some keys gone, some new, some with another value. */
const pair = fc
  .tuple(file, mapping, fc.infiniteStream(fc.boolean()))
  .map(([{ settings, text: before }, other, coins]) => {
    const kept = Object.entries(readSettings(before) ?? settings).filter(() => coins.next().value)
    return { before, wanted: Object.fromEntries([...kept, ...Object.entries(other)]) as Settings }
  })

describe("any edit of any file", () => {
  it("makes the file say what is wanted", () => {
    fc.assert(
      fc.property(pair, ({ before, wanted }) => {
        if (readSettings(before) === undefined) return
        const after = editYaml(before, wanted)
        assert.isTrue(Result.isSuccess(after))
        assert.deepStrictEqual(readSettings(Result.getOrThrow(after)), wanted)
      }),
      { numRuns: 80 }
    )
  })

  it("touches nothing when nothing changes", () => {
    fc.assert(
      fc.property(file, ({ text: before }) => {
        const settings = readSettings(before)
        if (settings !== undefined) assert.strictEqual(edited(before, settings), before)
      })
    )
  })

  it("of one plugin's settings leaves every line before and after them as it is", () => {
    const around = `port: 1   # a\nplugins:\n  configs:\n    x:   {enabled: true}   # x\n`
    const behind = `    z: {enabled:   false}\n# end\nlist: [ 1,2 ]\n`
    fc.assert(
      fc.property(mapping, mapping, (first, second) => {
        const own = { enabled: true, ...first }
        const lines = new Document({ y: own }).toString({ lineWidth: 0 }).replaceAll(/^(?=.)/gm, "    ")
        const before = `${around}${lines}${behind}`
        const settings = readSettings(before) as { plugins: { configs: Settings } } | undefined
        // Lines of texts that span several were moved as well, and may say something else now.
        if (settings === undefined) return
        const configs = { ...settings.plugins.configs, y: { enabled: false, ...second } }
        const after = edited(before, { ...settings, plugins: { configs } })
        assert.isTrue(after.startsWith(around), after)
        assert.isTrue(after.endsWith(behind), after)
      }),
      { numRuns: 50 }
    )
  })
})
