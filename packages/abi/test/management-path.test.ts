import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { isResource, ManagementRoute, readManagementRoute, resourcePath, zeroValue } from "../src/index.ts"

const route = (Path: string, Method = "") => readManagementRoute({ Method, Path })
const path = (Path: string) => Result.getOrThrow(route(Path)).path
const page = (text: string) => Result.getOrThrow(resourcePath("lyre", text))

describe("a management route", () => {
  it("181: has a method in upper case, GET when it is blank", () => {
    expect(Result.getOrThrow(route("/a", " post "))).toEqual({ method: "POST", path: "/v0/management/a" })
    expect(Result.getOrThrow(route("/a")).method).toBe("GET")
    expect(Result.isFailure(route("/a", "GE T"))).toBe(true)
  })

  it("stands below /v0/management once, with one slash in front and none behind", () => {
    expect(["lyre/reset", " /lyre/reset/ ", "/v0/management/lyre/reset", "/lyre/reset//"].map(path)).toEqual(
      Array(4).fill("/v0/management/lyre/reset")
    )
    expect(path("/v0/management/v0/management/a")).toBe("/v0/management/v0/management/a")
    expect(path("/a/../B")).toBe("/v0/management/a/../B")
  })

  it("182: is refused when its path is empty or holds white space, : or *", () => {
    for (const wrong of ["", " ", "/", "//", "/a b", "/a\tb", "/a\u00a0b", "/:id", "/a/*"])
      expect([wrong, Result.isFailure(route(wrong))]).toEqual([wrong, true])
  })

  it("183: is a page when it is a GET with a label for the menu", () => {
    const row = zeroValue(ManagementRoute)
    const pages = [
      { ...row, Menu: "Lyre" },
      { ...row, Menu: "Lyre", Method: "get" },
      { ...row, Menu: "Lyre", Method: "POST" },
      { ...row, Menu: " " }
    ]
    expect(pages.map(isResource)).toEqual([true, true, false, false])
  })
})

describe("a page of a plugin", () => {
  it("stands below the plugin's own path, whichever of its prefixes it was declared with", () => {
    const same = ["status", "/status/", "/plugins/lyre/status", "/v0/resource/plugins/lyre/status"]
    expect(same.map(page)).toEqual(Array(4).fill("/v0/resource/plugins/lyre/status"))
    expect(page("/plugins/other/status")).toBe("/v0/resource/plugins/lyre/plugins/other/status")
  })

  it("182: is refused when its path is empty or holds white space, :, * or ..", () => {
    for (const wrong of ["", "/", "/a b", "/:id", "/*", "/../x", "/a..b", "/plugins/lyre/../other"])
      expect([wrong, Result.isFailure(resourcePath("lyre", wrong))]).toEqual([wrong, true])
  })
})
