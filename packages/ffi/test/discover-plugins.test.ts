import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"

import { discoverPlugins } from "../src/discover-plugins.ts"
import { goArch, goOs, libraryExtension } from "../src/platform.ts"
import { compareVersions, parsePin, parsePluginFileName } from "../src/plugin-file-name.ts"

const extension = libraryExtension()
const platformFolder = join(goOs(), goArch())

/** A plugin folder with these empty files in it; names without extension get the platform's. */
const folderWith = (files: ReadonlyArray<string>): string => {
  const dir = mkdtempSync(join(tmpdir(), "cliproxy-discover-"))
  for (const file of files) {
    const path = join(dir, /\.[A-Za-z]+$/.test(file) ? file : `${file}${extension}`)
    mkdirSync(join(path, ".."), { recursive: true })
    writeFileSync(path, "")
  }
  return dir
}

const discover = (dir: string, configured: Record<string, string | undefined>) =>
  discoverPlugins({
    dir,
    configured: new Map(Object.entries(configured).map(([id, version]) => [id, { version }]))
  }).pipe(
    Effect.map((found) =>
      found.map(({ id, path, version }) => [id, version, relative(dir, path).slice(0, -extension.length)])
    )
  )

describe("the name of a plugin file", () => {
  const cases: ReadonlyArray<readonly [string, string | undefined, string?]> = [
    ["geo.so", "geo", ""],
    ["geo-v1.4.2.so", "geo", "1.4.2"],
    ["geo-vnext.so", "geo-vnext", ""],
    ["a-v1-v2.0.so", "a-v1", "2.0"],
    ["GEO.SO", "GEO", ""],
    ["-bad.so", undefined],
    [".so", undefined],
    ["-v1.so", undefined],
    ["geo.dll", undefined],
    ["geo.so.bak", undefined],
    [`${"x".repeat(128)}.so`, "x".repeat(128), ""],
    [`${"x".repeat(129)}.so`, undefined],
    ["ge o.so", undefined],
    ["geo-v1.so", "geo", "1"],
    ["geo-v1.0-rc.1+b.so", "geo", "1.0-rc.1+b"]
  ]
  for (const [file, id, version] of cases) {
    it(`"${file.length > 40 ? `${file.slice(0, 20)}…` : file}" ${id === undefined ? "is no plugin" : `is ${id.slice(0, 20)}, version "${version}"`}`, () => {
      assert.deepStrictEqual(
        parsePluginFileName(file, "linux"),
        id === undefined ? undefined : { id, version: version ?? "" }
      )
    })
  }

  it("takes the platform's extension only", () => {
    assert.isDefined(parsePluginFileName("geo.dll", "win32"))
    assert.isDefined(parsePluginFileName("geo.dylib", "darwin"))
    assert.isUndefined(parsePluginFileName("geo.so", "darwin"))
  })
})

describe("versions", () => {
  it("compare as numbers, a missing segment is 0", () => {
    assert.isAbove(compareVersions("1.10.0", "1.9.0"), 0)
    assert.strictEqual(compareVersions("1.0", "1.0.0"), 0)
    assert.isBelow(compareVersions("1.0", "1.0.1"), 0)
    assert.isAbove(compareVersions("99999999999999999999", "99999999999999999998"), 0)
  })

  it("compare as texts when a segment is no number", () => {
    assert.isAbove(compareVersions("1.0-rc", "1.0-beta"), 0)
    assert.isBelow(compareVersions("1.10-x", "1.9"), 0)
  })

  it("compare antisymmetrically", () => {
    const version = fc
      .array(fc.oneof(fc.nat(20).map(String), fc.constantFrom("a", "rc1")), { minLength: 1, maxLength: 4 })
      .map((s) => s.join("."))
    fc.assert(
      fc.property(
        version,
        version,
        (a, b) => Math.sign(compareVersions(a, b)) === -Math.sign(compareVersions(b, a)) || compareVersions(a, b) === 0
      )
    )
  })

  it("of a pin lose one leading v; other texts pin nothing", () => {
    assert.deepStrictEqual(["v1.2", "V1", " 1.0 ", "vv1", "", "next", undefined].map(parsePin), [
      "1.2",
      "1",
      "1.0",
      undefined,
      undefined,
      undefined,
      undefined
    ])
  })
})

describe("discovery", () => {
  it.effect("finds nothing in a folder that does not exist", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* discover(join(tmpdir(), "no-such-folder-here"), { a: undefined }), [])
    })
  )

  it.effect("searches the platform's folder first, and both are of one rank", () =>
    Effect.gen(function* () {
      const dir = folderWith([`${platformFolder}/a`, "a", "b"])
      assert.deepStrictEqual(yield* discover(dir, { a: undefined, b: undefined }), [
        ["a", "", `${platformFolder}/a`],
        ["b", "", "b"]
      ])
    })
  )

  it.effect("leaves out what is not configured", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* discover(folderWith(["a", "b"]), { b: undefined }), [["b", "", "b"]])
    })
  )

  it.effect("takes the highest version; an unversioned file never replaces one", () =>
    Effect.gen(function* () {
      const dir = folderWith([`${platformFolder}/a-v1.9.0`, "a-v1.10.0", "a"])
      assert.deepStrictEqual(yield* discover(dir, { a: undefined }), [["a", "1.10.0", "a-v1.10.0"]])
      const later = folderWith([`${platformFolder}/a`, "a-v0.1"])
      assert.deepStrictEqual(yield* discover(later, { a: undefined }), [["a", "0.1", "a-v0.1"]])
    })
  )

  it.effect("keeps the first of two equal versions", () =>
    Effect.gen(function* () {
      const dir = folderWith([`${platformFolder}/a-v1.0`, "a-v1.0.0"])
      assert.deepStrictEqual(yield* discover(dir, { a: undefined }), [["a", "1.0", `${platformFolder}/a-v1.0`]])
    })
  )

  it.effect("takes exactly the pinned version, and nothing when no file has it", () =>
    Effect.gen(function* () {
      const dir = folderWith(["a-v1.0", "a-v2.0", "a"])
      assert.deepStrictEqual(yield* discover(dir, { a: "v1.0" }), [["a", "1.0", "a-v1.0"]])
      assert.deepStrictEqual(yield* discover(dir, { a: "3.0" }), [])
      assert.deepStrictEqual(yield* discover(dir, { a: "newest" }), [["a", "2.0", "a-v2.0"]])
    })
  )

  it.effect("passes over folders and symbolic links", () =>
    Effect.gen(function* () {
      const dir = folderWith(["real"])
      mkdirSync(join(dir, `folder${extension}`))
      symlinkSync(join(dir, `real${extension}`), join(dir, `link${extension}`))
      assert.deepStrictEqual(yield* discover(dir, { real: undefined, folder: undefined, link: undefined }), [
        ["real", "", "real"]
      ])
    })
  )

  it.effect("takes the extension in any case", () =>
    Effect.gen(function* () {
      const dir = folderWith([`a${extension.toUpperCase()}`])
      assert.deepStrictEqual(yield* discover(dir, { a: undefined }), [["a", "", "a"]])
    })
  )

  it.effect("fails with PluginDiscoveryFailed when the folder is a file", () =>
    Effect.gen(function* () {
      const file = join(folderWith(["a"]), `a${extension}`)
      const error = yield* Effect.flip(discover(file, { a: undefined }))
      assert.deepInclude(error, { _tag: "PluginDiscoveryFailed", code: "ENOTDIR" })
    })
  )
})
