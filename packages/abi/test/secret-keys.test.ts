import { describe, expect, it } from "vitest"
import { isSecretKey, withoutSecretKeys } from "../src/index.ts"

describe("attributes that a plugin may see", () => {
  it("have no key that looks secret, however it is spelled", () => {
    const secret = [
      "api_key",
      "Api-Key",
      "apikey",
      "x.api.key",
      "A P I-K.E_Y",
      "refresh.token",
      "TOKEN",
      "client_secret",
      "cookie_jar",
      "credentials",
      "password",
      "storage_path",
      "Authorization",
      "auth-header",
      "proxy url",
      "PROXY_URL",
      "proxy.url"
    ]
    expect(secret.filter((name) => !isSecretKey(name))).toEqual([])
    expect(withoutSecretKeys(Object.fromEntries(secret.map((name) => [name, "x"])))).toEqual({})
  })

  it("keep every other key and its value", () => {
    const kept = { note: "eu", base_url: "https://x.invalid", priority: "3", auth_kind: "key", proxy: "no", keys: "2" }
    expect(withoutSecretKeys({ ...kept, token: "t" })).toEqual(kept)
    const natural: { readonly [name: string]: string } = JSON.parse(`{"__proto__":"a","constructor":"b"}`)
    expect(JSON.stringify(withoutSecretKeys(natural))).toBe(`{"__proto__":"a","constructor":"b"}`)
  })

  it("show separators other than dash, dot, blank and underscore as they are", () => {
    expect([isSecretKey("api/key"), isSecretKey("api\tkey"), isSecretKey("")]).toEqual([false, false, false])
  })
})
