// Says in one line which compiler is missing and how to get it, instead of a stack trace from deep inside a build.
import { spawnSync } from "node:child_process"

const runs = (command, ...args) => spawnSync(command, args, { stdio: "ignore" }).status === 0

/** The C compiler to use: `CC` when it is set, else `cc`. */
export const cCompiler = process.env.CC || "cc"

/** Whether `go` is on the PATH. */
export const hasGo = () => runs("go", "version")

/** Whether the C compiler is on the PATH. */
export const hasCCompiler = () => runs(cCompiler, "--version")

/**
 * Ends the process with a clear line when a required compiler is missing.
 * A missing Go that is not required is for the Go example's own build to report.
 */
export const requireCompilers = ({ c, go }) => {
  const missing = []
  if (c && !hasCCompiler()) {
    missing.push(
      `no C compiler ("${cCompiler}"): install gcc or clang (Debian: apt-get install build-essential; macOS: xcode-select --install), or set CC`
    )
  }
  if (go && !hasGo())
    missing.push(
      'no Go compiler ("go"): install Go >= 1.21 (Debian: apt-get install golang; macOS: brew install go; or go.dev/dl)'
    )
  for (const line of missing) console.error(`bootstrap: ${line}`)
  if (missing.length > 0) process.exit(1)
}
