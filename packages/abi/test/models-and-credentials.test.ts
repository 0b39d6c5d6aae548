import { createHash } from "node:crypto"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import {
  AuthData,
  authFileName,
  authIndex,
  authIndexSeed,
  authLoginPoll,
  authRecords,
  isAuthDataSet,
  isLoginState,
  loginStatus,
  ModelInfo,
  normalizeIdentifier,
  usableModels,
  zeroValue
} from "../src/index.ts"

const auth = zeroValue(AuthData)

const model = (ID: string) => ({ ...zeroValue(ModelInfo), ID, Name: ID })

const status = (Status: string) => loginStatus({ ...zeroValue(authLoginPoll.result), Status })

describe("models that a plugin lists", () => {
  it("82: have their IDs trimmed, and are dropped when the ID is blank", () => {
    expect(usableModels([model(" lyre\t"), model(" \n"), model(""), model("harp")])).toEqual([
      { ...model("lyre"), Name: " lyre\t" },
      model("harp")
    ])
  })
})

describe("credentials that a plugin describes", () => {
  it("91: are those in Auths, else the one in Auth, and get the request's provider when they have none", () => {
    const single = { Auth: { ...auth, Provider: " Lyre " }, Auths: [] }
    expect(authRecords(single, "other").map(({ Provider }) => Provider)).toEqual(["lyre"])
    const several = {
      Auth: { ...auth, ID: "ignored" },
      Auths: [
        { ...auth, ID: "1" },
        { ...auth, ID: "2", Provider: "B" }
      ]
    }
    expect(authRecords(several, "Other").map(({ ID, Provider }) => [ID, Provider])).toEqual([
      ["1", "other"],
      ["2", "b"]
    ])
    expect(authRecords({ Auth: auth, Auths: [] }, " ").map(({ Provider }) => Provider)).toEqual([""])
  })

  it("89: are an update when any field is set, whichever it is", () => {
    expect(isAuthDataSet(auth)).toBe(false)
    const values: { readonly [K in keyof AuthData]: AuthData[K] } = {
      Provider: "a",
      ID: "a",
      FileName: "a",
      Label: "a",
      Prefix: "a",
      ProxyURL: "a",
      Disabled: true,
      StorageJSON: Uint8Array.of(1),
      Metadata: { a: null },
      Attributes: { a: "" },
      NextRefreshAfter: new Date()
    }
    for (const [field, value] of Object.entries(values)) expect(isAuthDataSet({ ...auth, [field]: value })).toBe(true)
  })

  it("have provider keys in lower case without white space", () => {
    expect([
      normalizeIdentifier("\u0085 Lab\u3000\n"),
      normalizeIdentifier("\ufeffa"),
      normalizeIdentifier(" ")
    ]).toEqual(["lab", "\ufeffa", ""])
  })

  it("96: have log-in states of 1 to 128 letters, digits, dashes, underscores and dots, without two dots", () => {
    for (const good of ["a", "dev-AB12_3.4", ".a.", "x".repeat(128)])
      expect([good, isLoginState(good)]).toEqual([good, true])
    for (const wrong of ["", " ", "x".repeat(129), "a..b", "a/b", "a b", "ä", "a\n", "a=b"])
      expect([wrong, isLoginState(wrong)]).toEqual([wrong, false])
  })

  it("97: are pending while the status of the log-in is blank, pending or unknown", () => {
    expect(["", "pending", "Success", "done"].map(status)).toEqual(Array(4).fill("pending"))
    expect(["success", "error"].map(status)).toEqual(["success", "error"])
  })

  it("202: are saved under a name that ends in .json and has no folder", () => {
    expect([" a.json\n", "A.JSON", "a b..json"].map(authFileName)).toEqual(
      ["a.json", "A.JSON", "a b..json"].map((name) => Result.succeed(name))
    )
    for (const name of ["", " ", "a/b.json", "..\\b.json", "c:b.json", "a\0.json"])
      expect(authFileName(name)).toEqual(Result.fail("invalid auth file name"))
    for (const name of ["a", "a.json.bak", ".jso"])
      expect(authFileName(name)).toEqual(Result.fail("auth file name must end with .json"))
  })
})

describe("the index of a credential", () => {
  const file = { type: "lyre", absolutePath: "/var/creds/a.json" }
  const apiKey = { kind: "openai", baseUrl: "https://up.invalid", key: "sk-1" }

  it("is made of the seed it was given, else its file, else its key, else its ID", () => {
    const whole = { indexSeed: "seed", file, apiKey, id: "a" }
    expect(authIndexSeed(whole)).toBe("seed")
    expect(authIndexSeed({ ...whole, indexSeed: "" })).toBe("lyre:/var/creds/a.json")
    expect(authIndexSeed({ apiKey, id: "a" })).toBe("openai:https://up.invalid:sk-1")
    expect(authIndexSeed({ id: "a" })).toBe("id:a")
  })

  it("is the first half of 32 hex digits of the seed's SHA-256, the same at all times", () => {
    const hash = createHash("sha256").update("lyre:/var/creds/a.json").digest()
    expect(authIndex({ file, id: "a" })).toBe(hash.subarray(0, 8).toString("hex"))
    expect(authIndex({ id: "a" })).toMatch(/^[0-9a-f]{16}$/)
    expect(new Set([authIndex({ id: "a" }), authIndex({ id: "b" }), authIndex({ apiKey, id: "a" })]).size).toBe(3)
  })
})
