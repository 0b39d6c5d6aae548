/** Calls a plugin on the JavaScript thread through koffi, without a bridge. `direct-calls LIBRARY` */
import { decodeEnvelope } from "@cliproxy/abi"
import koffi from "koffi"

import { recordCalls } from "../call-recorder.ts"
import { type CallKind, checkResult, methodOf, requestOf } from "../call-requests.ts"
import { answerJobs } from "./answer-jobs.ts"

/** One run; there is never more than one call in flight. */
export interface DirectCallsJob {
  readonly kind: CallKind
  readonly runMs: number
  readonly maxCalls: number
}

const [path = ""] = process.argv.slice(2)
// Held in a module variable: koffi unmaps a library whose handle is collected.
const library = koffi.load(path)
const hostTable = Buffer.alloc(32)
hostTable.writeUInt32LE(1)
const pluginTable = Buffer.alloc(32)
if (library.func("int cliproxy_plugin_init(void *host, void *plugin)")(hostTable, pluginTable) !== 0) {
  throw new Error(`${path} refused to start`)
}
const callType = koffi.proto(
  "int PluginCall(const char *method, const uint8_t *request, size_t length, void *response)"
)
const freeType = koffi.proto("void PluginFree(void *ptr, size_t length)")
const callAddress = pluginTable.readBigUInt64LE(8)
const freeAddress = pluginTable.readBigUInt64LE(16)
const response = Buffer.alloc(16)

const callOnce = (method: string, request: Uint8Array): unknown => {
  const code: unknown = koffi.call(callAddress, callType, method, request, request.length, response)
  const address = response.readBigUInt64LE(0)
  const length = response.readBigUInt64LE(8)
  const bytes = Buffer.from(new Uint8Array(koffi.view(address, Number(length))))
  koffi.call(freeAddress, freeType, address, length)
  const envelope = decodeEnvelope(bytes)
  if (code !== 0 || envelope._tag !== "Success") throw new Error(`${method} failed`)
  return envelope.result
}

answerJobs(({ kind, runMs, maxCalls }: DirectCallsJob) => {
  const method = methodOf(kind)
  const recorder = recordCalls(runMs, maxCalls)
  while (recorder.goesOn()) {
    const start = performance.now()
    checkResult(kind, callOnce(method, requestOf(kind)))
    recorder.ended(start)
  }
  return recorder.sample()
})
