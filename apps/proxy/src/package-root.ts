import { createRequire } from "node:module"
import { dirname } from "node:path"

/**
 * Folder of this package: in a checkout `apps/proxy`, else the installed package. Asked of Node, because the sources lie
 * deeper in it than the bundle that is made of them.
 */
export const packageRoot = dirname(createRequire(import.meta.url).resolve("@cliproxy/proxy/package.json"))
