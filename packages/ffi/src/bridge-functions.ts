import koffi from "koffi"

/** Revision of `native/bridge.h` that this side is written for. */
const revision = 2

/** Address of something of the bridge's, or a 64-bit number: koffi takes both number and bigint. */
export type Handle = number | bigint

/** The functions of `native/bridge.h`, which says what each does. */
export interface BridgeFunctions {
  readonly make: (maxThreads: number, eagerThreads: number, idleMs: number, maxAnswer: number) => Handle | null
  readonly wakeDescriptor: (bridge: Handle) => number
  readonly free: (bridge: Handle) => void
  readonly open: (bridge: Handle, id: number, path: string) => number
  readonly submit: (
    bridge: Handle,
    plugin: Handle,
    id: number,
    method: string,
    request: Uint8Array,
    length: number
  ) => number
  readonly callWithin: (
    bridge: Handle,
    plugin: Handle,
    id: number,
    method: string,
    request: Uint8Array,
    length: number,
    budgetMicros: number,
    result: Uint8Array,
    out: Uint8Array,
    capacity: number
  ) => number
  readonly abandon: (bridge: Handle, job: Handle) => number
  readonly drain: (bridge: Handle, buffer: Uint8Array, capacity: number) => number
  readonly take: (bridge: Handle, job: Handle, out: Uint8Array) => void
  readonly takeRequest: (bridge: Handle, hostCall: Handle, out: Uint8Array) => void
  readonly reply: (bridge: Handle, hostCall: Handle, code: number, data: Uint8Array | null, length: number) => void
  readonly close: (bridge: Handle, plugin: Handle, id: number) => void
  readonly stats: (bridge: Handle, numbers: BigUint64Array) => void
}

/** Libraries are never let go: koffi unmaps a library whose handle is collected, whatever still runs in it. */
const loaded = new Map<string, BridgeFunctions>()

/**
 * Binds the bridge library at `path`. Throws when it cannot be loaded or is of another revision.
 */
export const loadBridgeFunctions = (path: string): BridgeFunctions => {
  const known = loaded.get(path)
  if (known !== undefined) return known
  const library = koffi.load(path)
  const found = library.func("uint32_t bridge_revision(void)")() as number
  if (found !== revision) throw new Error(`${path} is revision ${found} of the bridge, not ${revision}`)
  // koffi gives functions of any signature; these prototypes are those of native/bridge.h.
  const functions = {
    make: library.func(
      "void *bridge_new(uint32_t max_threads, uint32_t eager_threads, uint32_t idle_ms, uint64_t max_answer)"
    ),
    wakeDescriptor: library.func("int bridge_wake_descriptor(void *b)"),
    free: library.func("void bridge_free(void *b)"),
    open: library.func("uint64_t bridge_open(void *b, uint64_t id, const char *path)"),
    submit: library.func(
      "uint64_t bridge_submit(void *b, uint64_t plugin, uint64_t id, const char *method, const uint8_t *request, uint64_t length)"
    ),
    callWithin: library.func(
      "int bridge_call_within(void *b, uint64_t plugin, uint64_t id, const char *method, const uint8_t *request, uint64_t length, uint32_t budget_us, uint8_t *result, uint8_t *out, uint64_t capacity)"
    ),
    abandon: library.func("int bridge_abandon(void *b, uint64_t job)"),
    drain: library.func("uint64_t bridge_drain(void *b, uint8_t *buffer, uint64_t capacity)"),
    take: library.func("void bridge_take(void *b, uint64_t job, uint8_t *out)"),
    takeRequest: library.func("void bridge_take_request(void *b, uint64_t host_call, uint8_t *out)"),
    reply: library.func(
      "void bridge_reply(void *b, uint64_t host_call, int32_t code, const uint8_t *data, uint64_t length)"
    ),
    close: library.func("void bridge_close(void *b, uint64_t plugin, uint64_t id)"),
    stats: library.func("void bridge_stats(void *b, uint64_t *numbers)")
  } as unknown as BridgeFunctions
  loaded.set(path, functions)
  return functions
}
