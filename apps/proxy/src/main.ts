#!/usr/bin/env node
import { keepCompiledCode } from "./compile-cache.ts"
import { isTooOld, oldestNode } from "./node-version.ts"
import { version } from "./version.ts"

const args = process.argv.slice(2)
if (args.length === 1 && ["--version", "-v"].includes(args[0] ?? "")) {
  // Scripts and health checks ask often: the command line would say the same, once all of it is loaded.
  process.stdout.write(`cliproxy v${version}\n`)
} else if (isTooOld(process.versions.node)) {
  // Importing the rest would end with an error that names something which this Node does not have.
  process.stderr.write(`cliproxy: Node ${oldestNode} or newer is needed, and this is Node ${process.versions.node}\n`)
  process.exitCode = 1
} else {
  // Before the rest is imported: only what is compiled from now on is kept.
  keepCompiledCode()
  const { runCommandLine } = await import("./cli.ts")
  // A plugin's threads would keep the process alive.
  process.exit(await runCommandLine(args))
}
