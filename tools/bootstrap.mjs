// The one script behind every root npm script. It runs on any Node >= 20 with npm and nothing installed:
// it finds or fetches the pinned Node and pnpm, installs the workspace, then runs one task.
//
//   node tools/bootstrap.mjs TASK [ARGS]
import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { requireCompilers } from "./compilers.mjs"
import { clearTestResults, printTestSummary } from "./test-summary.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const toolchainSpec = join(root, "tools", "toolchain")
const toolchainHome = join(root, ".toolchain")
const platform = `${process.platform}-${process.arch}`

const fail = (message) => {
  console.error(`bootstrap: ${message}`)
  process.exit(1)
}

/** Runs a command to its end with our own standard streams; a failing command ends this process too. */
const run = (command, args, options = {}) => {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options })
  if (error) fail(`cannot run ${command}: ${error.message}`)
  if (status !== 0 && !options.tolerateFailure) process.exit(status ?? 1)
  return status ?? 1
}

const outputOf = (command, args) => {
  const { status, stdout } = spawnSync(command, args, { cwd: toolchainSpec, encoding: "utf8" })
  return status === 0 ? stdout.trim() : undefined
}

const nodeIsNewEnough = () => {
  const [major, minor] = process.versions.node.split(".").map(Number)
  return major > 24 || (major === 24 && minor >= 11)
}

/** Installs tools/toolchain into .toolchain once per lock file. Written beside and renamed, so a cut run leaves nothing half done. */
const fetchToolchain = () => {
  const lock = createHash("sha256")
    .update(readFileSync(join(toolchainSpec, "package-lock.json")))
    .digest("hex")
  const stamp = join(toolchainHome, ".stamp")
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return
  console.error("bootstrap: fetching the pinned Node and pnpm from the npm registry into .toolchain/ (once)")
  const staging = `${toolchainHome}.${process.pid}`
  mkdirSync(staging, { recursive: true })
  for (const file of ["package.json", "package-lock.json", ".npmrc"])
    cpSync(join(toolchainSpec, file), join(staging, file))
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: staging,
    env: cleanEnvironment(process.env),
    shell: process.platform === "win32"
  })
  writeFileSync(join(staging, ".stamp"), lock)
  rmSync(toolchainHome, { recursive: true, force: true })
  renameSync(staging, toolchainHome)
}

/** npm hands its own settings down as npm_* variables; a nested npm or pnpm would take them for its user's. */
const cleanEnvironment = (env) =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^npm_/i.test(name) || /^npm_config_(registry|cache)$/i.test(name))
  )

const findTools = () => {
  let node = process.execPath
  let pnpm = /^12\./.test(outputOf("pnpm", ["--version"]) ?? "") ? "pnpm" : undefined
  if (!nodeIsNewEnough() || pnpm === undefined) {
    fetchToolchain()
    const modules = join(toolchainHome, "node_modules")
    if (!nodeIsNewEnough()) {
      node = join(modules, `node-${platform}`, "bin", process.platform === "win32" ? "node.exe" : "node")
      if (!existsSync(node))
        fail(`no Node package for ${platform}: install Node >= 24.11 yourself, then run this again`)
    }
    pnpm ??= join(modules, "@pnpm", `exe.${platform}`, process.platform === "win32" ? "pnpm.exe" : "pnpm")
    if (pnpm !== "pnpm" && !existsSync(pnpm))
      fail(`no pnpm package for ${platform}: install pnpm 12 yourself, then run this again`)
  }
  const path = [dirname(node), ...(pnpm === "pnpm" ? [] : [dirname(pnpm)]), process.env.PATH].join(delimiter)
  const env = { ...cleanEnvironment(process.env), PATH: path, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" }
  return { node, pnpm, env }
}

const [task = "install", ...args] = process.argv.slice(2)
const { node, pnpm, env } = findTools()
const install = (...flags) => run(pnpm, ["install", "--prefer-offline", ...flags], { env })
const turbo = (turboArgs, options = {}) => run(pnpm, ["exec", "turbo", "run", ...turboArgs], { env, ...options })
const proxyMain = join(root, "apps", "proxy", "dist", "main.js")

/** Hands signals on to the proxy, so that `kill` on the npm process drains the server instead of orphaning it. */
const runProxy = (proxyArgs) => {
  const child = spawn(node, [proxyMain, ...proxyArgs], { cwd: root, env, stdio: "inherit" })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)))
}

/** What is printed on the way goes to standard error: standard output belongs to the command that follows. */
const quietly = { stdio: ["inherit", 2, "inherit"] }

const prepareProxy = () => {
  requireCompilers({ c: true, go: false })
  run(pnpm, ["install", "--prefer-offline", "--frozen-lockfile", "--reporter=silent"], { env, ...quietly })
  turbo(["build", "--filter=@cliproxy/proxy", "--output-logs=errors-only"], quietly)
}

const schedulerExample = join(root, "examples", "scheduler", "go")

/** Not through turbo, which would hide the line that says what a missing Go leaves out. */
const buildSchedulerExample = () => run(node, [join(schedulerExample, "build.mjs")], { env, ...quietly })

const tasks = {
  install: () => install("--frozen-lockfile"),
  relock: () => install("--no-frozen-lockfile"),
  build: () => {
    requireCompilers({ c: true, go: false })
    install("--frozen-lockfile")
    turbo(["build", ...args])
  },
  test: () => {
    requireCompilers({ c: true, go: true })
    install("--frozen-lockfile")
    run(node, [join(root, "tools", "check-imports.mjs")], { env })
    clearTestResults(root)
    turbo(["build", "--output-logs=errors-only"])
    // One package after another: their tests start processes and servers of their own, and use all cores as it is.
    const status = turbo(["test", "--continue", "--concurrency=1", ...args], { tolerateFailure: true })
    process.exitCode = printTestSummary(root, status)
  },
  check: () => {
    install("--frozen-lockfile")
    turbo(["typecheck", "lint", ...args])
    run(pnpm, ["exec", "oxfmt", "--check", "."], { env })
    run(node, [join(root, "tools", "check-imports.mjs")], { env })
  },
  bench: () => {
    requireCompilers({ c: true, go: true })
    install("--frozen-lockfile")
    turbo(["bench", ...args])
  },
  start: () => {
    prepareProxy()
    buildSchedulerExample()
    runProxy(["serve", ...args])
  },
  cliproxy: () => {
    prepareProxy()
    // `init` writes the example into the configuration when it is there.
    if (!existsSync(join(schedulerExample, "dist"))) buildSchedulerExample()
    runProxy(args)
  },
  exec: () => run(pnpm, ["exec", ...args], { env })
}

if (!Object.hasOwn(tasks, task)) fail(`unknown task "${task}": one of ${Object.keys(tasks).join(", ")}`)
tasks[task]()
