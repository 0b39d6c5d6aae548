// Builds the plugin into dist/<os>/<arch>/, where a proxy with `plugins.dir: examples/scheduler/go/dist` looks for it.
// Without Go it says what is left out and ends well, so that the proxy can start without the plugin.
import { spawnSync } from "node:child_process"
import { mkdirSync, renameSync, rmSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, "dist")
const env = { ...process.env, CGO_ENABLED: "1" }

const go = (args, stdio) => spawnSync("go", args, { cwd: here, env, encoding: "utf8", stdio })

const fail = (message) => {
  console.error(`scheduler plugin: ${message}`)
  process.exit(1)
}

const target = go(["env", "GOOS", "GOARCH"], ["ignore", "pipe", "inherit"])
if (target.error?.code === "ENOENT") {
  console.error(
    "scheduler plugin: left out, because there is no Go compiler: install Go >= 1.21 (go.dev/dl) and run `node examples/scheduler/go/build.mjs`"
  )
  process.exit(0)
}
if (target.status !== 0) fail(`"go env" failed${target.error ? `: ${target.error.message}` : ""}`)

const [os, arch] = target.stdout.trim().split(/\s+/)
const file = `scheduler.${{ windows: "dll", darwin: "dylib" }[os] ?? "so"}`
const library = join(dist, os, arch, file)

// Built aside and moved into place: a cut build leaves no half library, a running proxy keeps the file it has mapped,
// and the header that cgo writes beside the library stays behind.
const staging = join(dist, `.build-${process.pid}`)
mkdirSync(staging, { recursive: true })
const build = go(
  ["build", "-buildmode=c-shared", "-buildvcs=false", "-trimpath", "-o", join(staging, file), "."],
  "inherit"
)
if (build.status === 0) {
  mkdirSync(dirname(library), { recursive: true })
  renameSync(join(staging, file), library)
}
rmSync(staging, { recursive: true, force: true })
if (build.status !== 0)
  fail('"go build" failed, see above (cgo needs a C compiler: gcc or clang, or the one named by CC)')
console.log(`scheduler plugin: built ${relative(here, library)}`)
