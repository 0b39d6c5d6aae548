/** Calls a WebAssembly plugin through Extism, on a worker thread of its own. `extism-calls PEERS` */
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

import { recordCalls } from "../call-recorder.ts"
import { checkResult, methodOf, requestOf } from "../call-requests.ts"
import { answerJobs } from "./answer-jobs.ts"

/** One run; a plugin of Extism takes one call at a time. */
export interface ExtismCallsJob {
  readonly runMs: number
  readonly maxCalls: number
}

/** What is used of `@extism/extism`. */
interface Extism {
  readonly default: (
    manifest: { readonly wasm: ReadonlyArray<{ readonly data: Uint8Array }> },
    options: { readonly runInWorker: boolean; readonly useWasi: boolean }
  ) => Promise<{ readonly call: (name: string, input: Uint8Array) => Promise<{ readonly text: () => string } | null> }>
}

/** What is used of `wabt`. */
type Wabt = () => Promise<{
  readonly parseWat: (
    name: string,
    text: string
  ) => { readonly toBinary: (options: object) => { readonly buffer: Uint8Array } }
}>

/** A plugin that answers with what it got, eight bytes at a time, by Extism's kernel interface and without a kit. */
const echo = `(module
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
  (import "extism:host/env" "input_load_u64" (func $input_load_u64 (param i64) (result i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (memory (export "memory") 1)
  (func (export "echo") (result i32)
    (local $length i64) (local $answer i64) (local $at i64)
    (local.set $length (call $input_length))
    (local.set $answer (call $alloc (local.get $length)))
    (block $words_done (loop $words
      (br_if $words_done (i64.gt_u (i64.add (local.get $at) (i64.const 8)) (local.get $length)))
      (call $store_u64 (i64.add (local.get $answer) (local.get $at)) (call $input_load_u64 (local.get $at)))
      (local.set $at (i64.add (local.get $at) (i64.const 8)))
      (br $words)))
    (block $bytes_done (loop $bytes
      (br_if $bytes_done (i64.ge_u (local.get $at) (local.get $length)))
      (call $store_u8 (i64.add (local.get $answer) (local.get $at)) (call $input_load_u8 (local.get $at)))
      (local.set $at (i64.add (local.get $at) (i64.const 1)))
      (br $bytes)))
    (call $output_set (local.get $answer) (local.get $length))
    (i32.const 0)))`

const [peers = ""] = process.argv.slice(2)
const fromPeers = createRequire(join(peers, "package.json"))
const extism = (await import(
  pathToFileURL(join(peers, "node_modules", "@extism", "extism", "dist", "esm", "mod.js")).href
)) as Extism
const wabt = await (fromPeers("wabt") as Wabt)()
const { buffer } = wabt.parseWat("echo.wat", echo).toBinary({})
const plugin = await extism.default({ wasm: [{ data: buffer }] }, { runInWorker: true, useWasi: false })

const request = requestOf("echo")
const method = methodOf("echo")

answerJobs(async ({ runMs, maxCalls }: ExtismCallsJob) => {
  const recorder = recordCalls(runMs, maxCalls)
  while (recorder.goesOn()) {
    const start = performance.now()
    const answer = await plugin.call(method, request)
    // It echoes the request itself, without the envelope that the other ways also read: less to parse, in its favour.
    checkResult("echo", JSON.parse(answer?.text() ?? "null"))
    recorder.ended(start)
  }
  return recorder.sample()
})
