import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"

import { type OutputChunk, type Plugin, rolldown } from "rolldown"

import { packageRoot } from "../src/package-root.ts"

/** How a module reads its package's manifest. A bundle has it from when it was built. */
const MANIFEST = 'readFileSync(new URL("../package.json", import.meta.url), "utf8")'

const ownManifests: Plugin = {
  name: "own-manifests",
  transform: (code, id) => {
    if (!code.includes(MANIFEST)) return null
    const { version } = JSON.parse(readFileSync(join(dirname(id), "../package.json"), "utf8")) as { version: string }
    return { code: code.replace(MANIFEST, JSON.stringify(JSON.stringify({ version }))), map: null }
  }
}

/**
 * Takes what is imported of `node:http` by name. An `import` of it would read all of its exports, and one of them,
 * `WebSocket`, makes Node load its own copy of undici: some tenth of the time that the proxy takes to start.
 */
const nodeHttp: Plugin = {
  name: "node-http",
  resolveId: (specifier, _, { kind }) =>
    specifier === "node:http" && kind === "import-statement" ? "\0node-http" : null,
  load: (id) =>
    id === "\0node-http" ? 'export const { STATUS_CODES, createServer } = process.getBuiltinModule("node:http")' : null
}

/**
 * Makes one program of the command line and all that it imports, except what is native. Finding, reading and compiling
 * a thousand modules takes Node longer than all that they do.
 */
export const bundleProxy = async (): Promise<ReadonlyArray<OutputChunk>> => {
  const bundle = await rolldown({
    input: join(packageRoot, "src", "main.ts"),
    cwd: packageRoot,
    platform: "node",
    external: ["koffi"],
    // The sources of the workspace, so that maps lead to them, and no build has to go ahead of this one.
    resolve: { conditionNames: ["@cliproxy/source", "node", "import", "default"] },
    plugins: [ownManifests, nodeHttp]
  })
  const { output } = await bundle.generate({
    format: "esm",
    sourcemap: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    comments: { legal: true, annotation: false, jsdoc: false }
  })
  await bundle.close()
  return output.filter((file) => file.type === "chunk")
}
