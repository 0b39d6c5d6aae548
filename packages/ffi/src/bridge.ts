import koffi from "koffi"

import type { BridgeFunctions, Handle } from "./bridge-functions.ts"
import { type BridgeOptions, defaultBridgeOptions } from "./bridge-options.ts"
import { callDone, callLate, hostCall, opened, shutDown } from "./event-kinds.ts"
import { openStatus } from "./native-status.ts"

/** The answer of one call as it left the plugin. */
export interface RawAnswer {
  /** 0, or what was wrong with the buffer: `ANSWER_` in native/bridge.h. */
  readonly fault: number
  /** What the plugin's `call` returned. */
  readonly code: number
  readonly body: Uint8Array
}

/** How opening a library ended. */
export interface OpenOutcome {
  /** 0, or `OPEN_` in native/bridge.h. */
  readonly status: number
  readonly code: number
  readonly detail: string
  /** Good when `status` is 0. */
  readonly plugin: Handle
}

/** A plugin's call to the host, waiting for `reply`. */
export interface HostCall {
  readonly handle: Handle
  readonly method: string
  /** A private copy. */
  readonly request: Uint8Array
}

/** Numbers of a bridge. */
export interface BridgeStats {
  readonly threads: number
  readonly idleThreads: number
  /** Calls that wait for a thread. */
  readonly waiting: number
}

/** A call that has no answer yet. */
interface PendingCall {
  /** Gives the call up: `done` will not be called; `late` is, when the plugin returns after all. */
  readonly abandon: (late: () => void) => void
}

/** The native bridge as callbacks. Not for use outside this package: `openPlugin` is the door. */
export interface Bridge {
  /** Most threads that run calls, of all plugins together. */
  readonly maxThreads: number
  /** Starts to load `path`. `onHostCall` is called on host calls, already during initialisation. */
  readonly open: (path: string, onHostCall: (call: HostCall) => void, done: (outcome: OpenOutcome) => void) => void
  /**
   * Calls a plugin. An answer that comes within `inPlaceMicros` is returned; otherwise the pending call is, and `done`
   * gets the answer later. `undefined`: the plugin is closing, or there is no memory.
   */
  readonly call: (
    plugin: Handle,
    method: string,
    request: Uint8Array,
    inPlaceMicros: number,
    done: (answer: RawAnswer) => void
  ) => RawAnswer | PendingCall | undefined
  /** Answers a host call, exactly once; `undefined` refuses it with return code 1. */
  readonly reply: (call: HostCall, answer: Uint8Array | undefined) => void
  /**
   * Closes a plugin when its running calls have returned; `done` is called after its shutdown function, at once when
   * the plugin is closed already.
   */
  readonly close: (plugin: Handle, done: () => void) => void
  /** Plugins that nobody has closed. */
  readonly openPlugins: () => ReadonlyArray<Handle>
  readonly stats: () => BridgeStats
  /** Ends the bridge. Nothing is called back afterwards; what is asked of it from then on is refused. */
  readonly free: () => void
}

/** Flags of events, and the layout of their header: native/bridge.h. */
const flagLarge = 1
const headerBytes = 48
const answerBytes = 32

/** Holds many small events; a payload above a quarter of it is fetched by itself. */
const drainBytes = 256 * 1024
/** Most answers of short calls fit; others are fetched by themselves. */
const inPlaceBytes = 64 * 1024

const nothing = new Uint8Array(0)

interface Waiting {
  readonly job: Handle
  done: ((answer: RawAnswer) => void) | undefined
  late: (() => void) | undefined
}

/** Makes a bridge. Throws when the system gives no descriptor. */
export const makeBridge = (functions: BridgeFunctions, options: BridgeOptions = {}): Bridge => {
  const { eagerThreads, maxAnswerBytes, maxThreads, threadIdleMs } = { ...defaultBridgeOptions, ...options }
  const made = functions.make(maxThreads, eagerThreads, threadIdleMs, maxAnswerBytes)
  if (made === null) throw new Error("the system gives no descriptor or memory for the plugin bridge")
  const self = made

  const calls = new Map<number, Waiting>()
  const opens = new Map<number, (outcome: OpenOutcome) => void>()
  const closes = new Map<number, { readonly owner: number; readonly done: () => void }>()
  /** By the number that names a plugin in its host calls. */
  const hostCallHandlers = new Map<number, (call: HostCall) => void>()
  const ownerOf = new Map<Handle, number>()

  const buffer = Buffer.alloc(drainBytes)
  const result = Buffer.alloc(answerBytes)
  const inPlace = Buffer.alloc(inPlaceBytes)
  const poll = koffi.node.poll(functions.wakeDescriptor(self), { readable: true }, () => drain())
  poll.unref()

  // The process must not end while somebody waits for a plugin.
  let held = 0
  const hold = () => {
    if (held++ === 0) poll.ref()
  }
  const letGo = () => {
    if (--held === 0) poll.unref()
  }

  let nextId = 1
  let freed = false

  const bodyOf = (flags: number, handle: Handle, start: number, length: number): Uint8Array => {
    if (length === 0) return nothing
    const body = Buffer.allocUnsafe(length)
    if ((flags & flagLarge) === 0) buffer.copy(body, 0, start, start + length)
    else functions.take(self, handle, body)
    return body
  }

  const onHostCall = (owner: number, call: HostCall) => {
    const handler = hostCallHandlers.get(owner)
    if (handler === undefined) functions.reply(self, call.handle, 1, null, 0)
    else handler(call)
  }

  const dispatch = (at: number): number => {
    const kind = buffer.readUInt32LE(at)
    const flags = buffer.readUInt32LE(at + 4)
    const status = buffer.readUInt32LE(at + 8)
    const code = buffer.readInt32LE(at + 12)
    const id = Number(buffer.readBigUInt64LE(at + 16))
    const handle = Number(buffer.readBigUInt64LE(at + 24))
    const methodLength = buffer.readUInt32LE(at + 32)
    const length = Number(buffer.readBigUInt64LE(at + 40))
    const inlined = (flags & flagLarge) === 0 ? length : 0
    const methodStart = at + headerBytes
    const payloadStart = methodStart + methodLength
    const next = at + headerBytes + ((methodLength + inlined + 7) & ~7)
    switch (kind) {
      case callDone: {
        const waiting = calls.get(id)
        calls.delete(id)
        letGo()
        const body = bodyOf(flags, handle, payloadStart, length)
        waiting?.done?.({ fault: status, code, body })
        break
      }
      case callLate: {
        const waiting = calls.get(id)
        calls.delete(id)
        letGo()
        waiting?.late?.()
        break
      }
      case hostCall: {
        const method = buffer.toString("utf8", methodStart, payloadStart)
        let request: Uint8Array = nothing
        if (length > 0) {
          const copy = Buffer.allocUnsafe(length)
          if ((flags & flagLarge) === 0) buffer.copy(copy, 0, payloadStart, payloadStart + length)
          else functions.takeRequest(self, handle, copy)
          request = copy
        }
        onHostCall(id, { handle, method, request })
        break
      }
      case opened: {
        const done = opens.get(id)
        opens.delete(id)
        letGo()
        done?.({ status, code, detail: buffer.toString("utf8", payloadStart, payloadStart + length), plugin: handle })
        break
      }
      case shutDown: {
        const closing = closes.get(id)
        closes.delete(id)
        letGo()
        if (closing !== undefined) hostCallHandlers.delete(closing.owner)
        closing?.done()
        break
      }
    }
    return next
  }

  const drain = () => {
    // What an event sets off may end this very bridge.
    while (!freed) {
      const used = functions.drain(self, buffer, drainBytes)
      if (used === 0) return
      // The buffer is read completely before anything can drain again: dispatch never waits.
      for (let at = 0; at < used && !freed;) at = dispatch(at)
    }
  }

  const wait = (id: number, job: Handle, done: (answer: RawAnswer) => void): PendingCall => {
    const waiting: Waiting = { job, done, late: undefined }
    calls.set(id, waiting)
    hold()
    return {
      abandon: (late) => {
        if (freed || !calls.has(id)) return
        waiting.done = undefined
        waiting.late = late
        if (functions.abandon(self, job) === 1) {
          calls.delete(id)
          letGo()
          late()
        }
      }
    }
  }

  return {
    maxThreads,
    open: (path, onHostCall, done) => {
      const id = nextId++
      const owner = freed ? 0 : functions.open(self, id, path)
      if (owner === 0) {
        done({ status: openStatus.noThread, code: 0, detail: "", plugin: 0 })
        return
      }
      hostCallHandlers.set(owner, onHostCall)
      hold()
      opens.set(id, (outcome) => {
        if (outcome.status === openStatus.ok) ownerOf.set(outcome.plugin, owner)
        else hostCallHandlers.delete(owner)
        done(outcome)
      })
    },
    call: (plugin, method, request, inPlaceMicros, done) => {
      // A closed plugin is refused here too: its handle is good no longer.
      if (freed || !ownerOf.has(plugin)) return undefined
      const id = nextId++
      if (inPlaceMicros <= 0) {
        const job = functions.submit(self, plugin, id, method, request, request.length)
        return job === 0 ? undefined : wait(id, job, done)
      }
      const taken = functions.callWithin(
        self,
        plugin,
        id,
        method,
        request,
        request.length,
        inPlaceMicros,
        result,
        inPlace,
        inPlaceBytes
      )
      if (taken === 0) return undefined
      const handle = Number(result.readBigUInt64LE(24))
      if (result.readUInt32LE(0) === 1) return wait(id, handle, done)
      const length = Number(result.readBigUInt64LE(16))
      const body = Buffer.allocUnsafe(length)
      if (result.readUInt32LE(12) === 1) functions.take(self, handle, body)
      else inPlace.copy(body, 0, 0, length)
      return { fault: result.readUInt32LE(4), code: result.readInt32LE(8), body }
    },
    reply: (call, answer) => {
      if (freed) return
      if (answer === undefined) functions.reply(self, call.handle, 1, null, 0)
      else functions.reply(self, call.handle, 0, answer, answer.length)
    },
    close: (plugin, done) => {
      const owner = ownerOf.get(plugin)
      if (freed || owner === undefined) {
        done()
        return
      }
      const id = nextId++
      hold()
      ownerOf.delete(plugin)
      closes.set(id, { owner, done })
      functions.close(self, plugin, id)
    },
    openPlugins: () => [...ownerOf.keys()],
    stats: () => {
      if (freed) return { threads: 0, idleThreads: 0, waiting: 0 }
      const numbers = new BigUint64Array(4)
      functions.stats(self, numbers)
      return { threads: Number(numbers[0]), idleThreads: Number(numbers[1]), waiting: Number(numbers[2]) }
    },
    free: () => {
      if (freed) return
      freed = true
      poll.close()
      functions.free(self)
    }
  }
}
