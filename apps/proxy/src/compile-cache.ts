import * as nodeModule from "node:module"
import { isAbsolute, join } from "node:path"

/**
 * The user's own folder for it (XDG Base Directory Specification), beside the bridge that `@cliproxy/ffi` may have to
 * compile: Node would take one below the system's temporary folder, where anybody could put code.
 */
const folder = (): string | undefined => {
  const { HOME, XDG_CACHE_HOME } = process.env
  const caches = XDG_CACHE_HOME || (HOME && join(HOME, ".cache"))
  return caches !== undefined && isAbsolute(caches) ? join(caches, "cliproxy", "compiled") : undefined
}

/** Milliseconds after the start by which what serves requests has been compiled. */
const servingMs = 5_000

/**
 * Lets Node keep the code that it compiles, for the next start. Node reads NODE_COMPILE_CACHE (another folder) and
 * NODE_DISABLE_COMPILE_CACHE (none) itself; a folder that cannot be written changes nothing.
 *
 * Source: https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
 */
export const keepCompiledCode = (): void => {
  const directory = folder()
  if (directory === undefined) return
  nodeModule.enableCompileCache(directory)
  // Node writes at the end of the process, and a server may be killed before it comes to that.
  setTimeout(nodeModule.flushCompileCache, servingMs).unref()
}
