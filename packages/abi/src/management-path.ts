import { Result } from "effect"
import type { ManagementRoute } from "./management.ts"
import { trimSpace } from "./trim-space.ts"

/** Path under which plugins have their routes behind the management key. */
export const MANAGEMENT_BASE_PATH = "/v0/management"

/** Path under which a plugin has its pages. */
export const resourceBasePath = (pluginId: string): string => `/v0/resource/plugins/${pluginId}`

/** White space by Unicode, as Go's `unicode.IsSpace` has it. */
const space = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/

/** The path below a base: trimmed, with one `/` in front, none at the end, and without the first prefix that it has. */
const below = (path: string, prefixes: ReadonlyArray<string>): Result.Result<string, string> => {
  const trimmed = trimSpace(path)
  const full = (trimmed.startsWith("/") ? trimmed : `/${trimmed}`).replace(/\/+$/, "")
  if (full === "") return Result.fail("the path is empty")
  if (space.test(full)) return Result.fail("the path holds white space")
  if (/[:*]/.test(full)) return Result.fail("the path holds : or *, and patterns are not matched")
  const prefix = prefixes.find((one) => full.startsWith(one))
  return Result.succeed(prefix === undefined ? full : full.slice(prefix.length - 1))
}

/** A route as a host matches it: exactly and in this case. */
export interface ManagementRouteKey {
  readonly method: string
  readonly path: string
}

/**
 * Method and full path of a route that a plugin declares. Fails with what is wrong: a host leaves such a route out and
 * takes the others. Source: plugin ABI, management (`docs/plugin-abi.md`).
 */
export const readManagementRoute = (
  route: Pick<ManagementRoute, "Method" | "Path">
): Result.Result<ManagementRouteKey, string> => {
  const method = trimSpace(route.Method).toUpperCase() || "GET"
  if (space.test(method)) return Result.fail("the method holds white space")
  return Result.map(below(route.Path, [`${MANAGEMENT_BASE_PATH}/`]), (path) => ({
    method,
    path: MANAGEMENT_BASE_PATH + path
  }))
}

/** True for a route that is a page in truth: a `GET` with a label for the menu. */
export const isResource = (route: ManagementRoute): boolean =>
  (trimSpace(route.Method).toUpperCase() || "GET") === "GET" && trimSpace(route.Menu) !== ""

/** Full path of a page that a plugin declares; fails like `readManagementRoute`, and for `..` too. */
export const resourcePath = (pluginId: string, path: string): Result.Result<string, string> => {
  const base = resourceBasePath(pluginId)
  return Result.flatMap(below(path, [`${base}/`, `/plugins/${pluginId}/`]), (rest) =>
    rest.includes("..") ? Result.fail("the path holds ..") : Result.succeed(base + rest)
  )
}
