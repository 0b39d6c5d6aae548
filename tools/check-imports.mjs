// Holds the workspace to its direction of imports: proxy -> server -> pipeline -> {scheduler, ffi} -> abi.
// Checks manifests and every import in the sources, so that neither can drift from ARCHITECTURE.md unseen.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** What each package may import of the workspace. */
const allowed = {
  abi: [],
  ffi: ["abi"],
  scheduler: ["abi"],
  pipeline: ["abi", "ffi", "scheduler"],
  server: ["abi", "pipeline"],
  proxy: ["abi", "ffi", "scheduler", "pipeline", "server"],
  bench: ["abi", "ffi", "scheduler", "pipeline", "server"]
}

/** Packages that are published as one program. */
const bundled = ["proxy"]

const problems = []

const sourcesIn = (folder) =>
  !existsSync(folder)
    ? []
    : readdirSync(folder).flatMap((name) => {
        const path = join(folder, name)
        if (statSync(path).isDirectory()) return name === "dist" || name === "node_modules" ? [] : sourcesIn(path)
        return /\.(ts|mts|js|mjs)$/.test(name) ? [path] : []
      })

const importPattern =
  /(?:^|[^.\w])(?:import|export)\b[^"'`;]*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g

const importsOf = (path) => [...readFileSync(path, "utf8").matchAll(importPattern)].map((match) => match[1] ?? match[2])

for (const group of ["packages", "apps"]) {
  for (const name of readdirSync(join(root, group))) {
    const folder = join(root, group, name)
    if (!existsSync(join(folder, "package.json"))) continue
    const may = allowed[name]
    if (may === undefined) {
      problems.push(`${group}/${name}: not in the table of tools/check-imports.mjs; say what it may import`)
      continue
    }
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
    // What a bundled program is made of, its users need not install.
    const declared = Object.keys({ ...manifest.dependencies, ...(bundled.includes(name) && manifest.devDependencies) })
    for (const dependency of declared) {
      const target = /^@cliproxy\/(.+)$/.exec(dependency)?.[1]
      if (target !== undefined && !may.includes(target))
        problems.push(`${group}/${name}/package.json: depends on ${dependency}, which it may not import`)
    }
    for (const path of sourcesIn(join(folder, "src"))) {
      const where = relative(root, path)
      for (const specifier of importsOf(path)) {
        const internal = /^@cliproxy\/([^/]+)(\/.+)?$/.exec(specifier)
        if (internal !== null) {
          if (!may.includes(internal[1])) problems.push(`${where}: imports ${specifier}, which ${name} may not`)
          else if (internal[2] !== undefined && internal[2] !== "/package.json")
            problems.push(`${where}: reaches inside ${specifier}; import the package`)
          else if (!declared.includes(`@cliproxy/${internal[1]}`))
            problems.push(`${where}: imports ${specifier}, which package.json does not declare`)
        } else if (specifier.startsWith(".")) {
          const target = resolve(dirname(path), specifier)
          if (relative(join(folder, "src"), target).startsWith(".."))
            problems.push(`${where}: imports ${specifier}, outside its own sources`)
          if (target === join(folder, "src", "index.ts"))
            problems.push(`${where}: imports its own index; import the file that defines the name`)
        }
      }
    }
    const index = join(folder, "src", "index.ts")
    if (existsSync(index) && /^(?!export\b|import\b|\s|\/?\*|\/\/|\}|$)/m.test(readFileSync(index, "utf8"))) {
      problems.push(`${relative(root, index)}: holds more than re-exports`)
    }
  }
}

for (const problem of problems) console.error(`check-imports: ${problem}`)
if (problems.length > 0) process.exit(1)
console.log("check-imports: every import follows proxy -> server -> pipeline -> {scheduler, ffi} -> abi")
