#!/usr/bin/env node
import { keepCompiledCode } from "./compile-cache.ts"

// Before the rest is imported: only what is compiled from now on is kept.
keepCompiledCode()
const { runCommandLine } = await import("./cli.ts")
// A plugin's threads would keep the process alive.
process.exit(await runCommandLine(process.argv.slice(2)))
