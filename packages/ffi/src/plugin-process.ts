import { type ChildProcess, spawn } from "node:child_process"
import type { Duplex, Readable } from "node:stream"

import type { HostCall, OpenOutcome, RawAnswer } from "./bridge.ts"
import { callDone, callLate, hostCall, opened } from "./event-kinds.ts"
import { frameReader } from "./frame-reader.ts"
import { frameKind, frameWriter } from "./frame-writer.ts"
import { lateUnbegun } from "./native-status.ts"
import { outputLines } from "./output-lines.ts"

/** What to run, and whom to tell. */
interface PluginProcessOptions {
  /** Path of the plugin host executable. */
  readonly executable: string
  /** Path of the plugin library. */
  readonly library: string
  readonly maxThreads: number
  readonly eagerThreads: number
  readonly threadIdleMs: number
  readonly maxAnswerBytes: number
  /** Variables of this process's environment that it does not get. */
  readonly withheldVariables: ReadonlyArray<string>
  readonly onOpened: (outcome: OpenOutcome) => void
  readonly onHostCall: (call: HostCall) => void
  /** A line that the plugin wrote to its standard output or error. */
  readonly onOutput: (line: string) => void
  /**
   * The process has ended; `ending` says how. `begun` is false when the system could not start one. The calls that had
   * no answer fail right after. Nothing follows but output.
   */
  readonly onExit: (ending: string, begun: boolean) => void
}

/** A call that has no answer yet. */
export interface ProcessCall {
  /**
   * Gives the call up: `done` will not be called. `late` is, when the plugin returns after all (`begun`; at once when it
   * has), or when the process has taken the call out of its queue.
   */
  readonly abandon: (late: (begun: boolean) => void) => void
}

/** One process that holds one plugin. Not for use outside this package: `openIsolatedPlugin` is the door. */
export interface PluginProcess {
  readonly pid: number | undefined
  /** Calls the plugin; `done` gets how the process ended when it ends first. */
  readonly call: (method: string, request: Uint8Array, done: (answer: RawAnswer | string) => void) => ProcessCall
  readonly reply: (call: HostCall, answer: Uint8Array | undefined) => void
  /** Lets running calls end, has the plugin shut down, ends the process. */
  readonly close: () => void
  readonly kill: () => void
  /** How the process ended, once it has. */
  readonly ending: () => string | undefined
  /** Calls whose caller still waits. */
  readonly waiting: () => number
  /** Calls given up by their caller, `forMs` milliseconds ago or earlier, still running inside. */
  readonly abandoned: (forMs?: number) => number
  /** Calls that have come back from the plugin so far. */
  readonly returned: () => number
}

/** Where the process finds its end of the socket: native/process_host.c. */
const socketDescriptor = 3

/** Milliseconds for which the pipes of a process that has ended are still read while somebody else holds them open. */
const heldPipesMs = 250

/** A call without answer. `done` is gone when its caller is. */
interface Entry {
  done: ((answer: RawAnswer | string) => void) | undefined
  late: (begun: boolean) => void
  /** When its caller gave it up, by `performance.now()`. */
  abandonedAt: number
}

const nothing = Buffer.alloc(0)

/** Pipes of a child are sockets, which can be left out of what keeps this process alive; their type does not say so. */
type Held = { readonly ref?: () => void; readonly unref?: () => void } | null | undefined

const ref = (handle: unknown) => (handle as Held)?.ref?.()
const unref = (handle: unknown) => (handle as Held)?.unref?.()

const endingOf = (child: ChildProcess): string =>
  child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`

const couldNotStart = (error: unknown): string =>
  `its process could not be started: ${error instanceof Error ? error.message : String(error)}`

const environmentWithout = (withheld: ReadonlyArray<string>): NodeJS.ProcessEnv => {
  const environment = { ...process.env }
  for (const name of withheld) delete environment[name]
  return environment
}

/** `spawn` throws some errors of the system and tells others by an event. */
const launch = ({ executable, library, ...options }: PluginProcessOptions): ChildProcess | Error => {
  const limits = [options.maxThreads, options.eagerThreads, options.threadIdleMs, options.maxAnswerBytes].map(String)
  try {
    return spawn(executable, [library, ...limits], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: environmentWithout(options.withheldVariables),
      // In a group of its own: Ctrl-C in a terminal is for the gateway, which then ends its plugins in order.
      detached: true
    })
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** In place of a process that there is not: it ends as soon as whoever starts it can be told. */
const stillborn = (options: PluginProcessOptions, ending: string): PluginProcess => {
  setImmediate(() => options.onExit(ending, false))
  return {
    pid: undefined,
    call: (_method, _request, done) => {
      queueMicrotask(() => done(ending))
      return { abandon: (late) => late(true) }
    },
    reply: () => {},
    close: () => {},
    kill: () => {},
    ending: () => ending,
    waiting: () => 0,
    abandoned: () => 0,
    returned: () => 0
  }
}

/** Sends the lines of a pipe on, until it is closed. */
const readLines = (pipe: Readable | null | undefined, onLine: (line: string) => void) => {
  const lines = outputLines(onLine)
  pipe?.setEncoding("utf8").on("data", lines.write).on("close", lines.end)
  // A process without work must not keep the gateway from ending.
  unref(pipe)
}

/** Starts a process for the plugin. It never throws: a process that cannot be started ends at once. */
export const startPluginProcess = (options: PluginProcessOptions): PluginProcess => {
  const child = launch(options)
  if (child instanceof Error) return stillborn(options, couldNotStart(child))
  child.on("error", (error) => {
    // Of a process that was started it says that something cannot be done to it.
    if (child.pid === undefined) end(couldNotStart(error), false)
  })
  // Without a descriptor left, Node gives a process that has none of its pipes, not even a list of them.
  const socket = (child.stdio as ChildProcess["stdio"] | undefined)?.[socketDescriptor] as Duplex | null | undefined
  const writer = socket == null ? undefined : frameWriter(socket)
  const calls = new Map<number, Entry>()
  let nextId = 1
  let isOpen = false
  let exited = false
  /** What it did that it was killed for. */
  let offence: string | undefined
  let ended: string | undefined
  let waiting = 0
  let returned = 0

  child.unref()
  const pipes = [child.stdout, child.stderr]
  for (const pipe of pipes) readLines(pipe, options.onOutput)
  const releaseOutput = () => {
    for (const pipe of pipes) pipe?.destroy()
  }

  const end = (ending: string, begun: boolean) => {
    if (ended !== undefined) return
    ended = ending
    // Whatever the plugin has left running may hold the other ends for as long as it likes.
    socket?.destroy()
    setTimeout(releaseOutput, heldPipesMs).unref()
    const left = [...calls.values()]
    calls.clear()
    waiting = 0
    // First whoever chooses the process for a call, then those whose calls failed, since they may call again at once.
    options.onExit(ending, begun)
    for (const { done, late } of left) {
      if (done === undefined) late(true)
      else done(ending)
    }
  }

  const condemn = (what: string) => {
    offence = `killed, since its descriptor ${socketDescriptor} brought ${what}`
    socket?.destroy()
    child.kill("SIGKILL")
  }

  const read = frameReader(options.maxAnswerBytes, ({ kind, status, code, id, method, payload }) => {
    if (offence !== undefined || ended !== undefined) return
    switch (kind) {
      case callDone:
      case callLate: {
        const number = Number(id)
        const call = calls.get(number)
        if (call === undefined) return
        calls.delete(number)
        const begun = kind === callDone || status !== lateUnbegun
        if (begun) returned++
        if (call.done === undefined) {
          call.late(begun)
        } else {
          if (--waiting === 0) unref(socket)
          call.done({ fault: status, code, body: payload })
        }
        return
      }
      case hostCall:
        options.onHostCall({ handle: id, method, request: payload })
        return
      case opened:
        if (isOpen) return condemn("word of its loading a second time")
        isOpen = true
        if (waiting === 0) unref(socket)
        options.onOpened({ status, code, detail: payload.toString("utf8"), plugin: 0 })
        return
    }
  })
  const take = (chunk: Buffer) => {
    if (offence !== undefined) return
    const wrong = read(chunk)
    if (wrong !== undefined) condemn(wrong)
  }

  socket?.on("data", take)
  // Writing to a process that has just ended: its exit tells all that there is to tell.
  socket?.on("error", () => {})
  const endingNow = () => offence ?? endingOf(child)
  const endNow = () => end(endingNow(), true)
  // Answers that the process wrote before it ended are still in the socket: its end is the end of the calls. Only a
  // child that the plugin left behind can hold it open longer.
  child.on("exit", () => {
    exited = true
    if (socket == null || socket.closed) endNow()
    else setTimeout(endNow, heldPipesMs).unref()
  })
  socket?.on("close", () => {
    if (exited) endNow()
  })

  return {
    pid: child.pid,
    call: (method, request, done) => {
      if (ended !== undefined) {
        const ending = ended
        queueMicrotask(() => done(ending))
        return { abandon: (late) => late(true) }
      }
      const id = nextId++
      const entry: Entry = { done, late: () => {}, abandonedAt: Infinity }
      calls.set(id, entry)
      if (waiting++ === 0) ref(socket)
      // A call that has the process for itself has nobody to wait for.
      writer?.send(frameKind.call, id, 0, method, request, waiting > 1)
      return {
        abandon: (late) => {
          if (!calls.has(id)) return late(true)
          entry.done = undefined
          entry.late = late
          entry.abandonedAt = performance.now()
          if (--waiting === 0) unref(socket)
          writer?.send(frameKind.withdraw, id, 0, "", nothing, true)
        }
      }
    },
    reply: (call, answer) => {
      if (ended === undefined)
        writer?.send(frameKind.reply, call.handle, answer === undefined ? 1 : 0, "", answer ?? nothing, false)
    },
    close: () => {
      if (ended === undefined) writer?.send(frameKind.close, 0, 0, "", nothing, false)
    },
    kill: () => {
      child.kill("SIGKILL")
    },
    ending: () => ended ?? (exited ? endingNow() : undefined),
    waiting: () => waiting,
    abandoned: (forMs = 0) => {
      if (forMs === 0) return calls.size - waiting
      const latest = performance.now() - forMs
      let count = 0
      for (const { abandonedAt } of calls.values()) if (abandonedAt <= latest) count++
      return count
    },
    returned: () => returned
  }
}
