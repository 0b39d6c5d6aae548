import { Layer, Logger, LogLevel, References } from "effect"

import { logfmtLine, terminalLine } from "./log-line.ts"

/** The log of a running proxy. */
export interface Log {
  /** Writes lines to stderr: short ones for people on a terminal, logfmt otherwise. */
  readonly layer: Layer.Layer<never>
  /** Changes the least severe level that is written; the configuration may do so at any time. */
  readonly setLevel: (level: LogLevel.LogLevel) => void
}

/**
 * Lines of one turn of the event loop go out in one write, because a busy proxy writes one line per request. What is
 * still waiting when the process exits is written then.
 */
const makeWriter = (stream: NodeJS.WriteStream) => {
  let waiting = ""
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // The terminal was closed: whoever started the proxy there is gone. A pipe that nobody reads is no reason to end.
    if (error.code === "EIO") process.kill(process.pid, "SIGTERM")
  })
  const flush = () => {
    const text = waiting
    waiting = ""
    if (text !== "") stream.write(text)
  }
  process.once("exit", flush)
  return (line: string) => {
    if (waiting === "") setImmediate(flush)
    waiting += `${line}\n`
  }
}

/** Makes the log. There should be one per process. */
export const makeLog = (stream: NodeJS.WriteStream): Log => {
  let least: LogLevel.LogLevel = "Info"
  const write = makeWriter(stream)
  const line = stream.isTTY ? terminalLine : logfmtLine
  const logger = Logger.make<unknown, void>((options) => {
    if (LogLevel.isGreaterThanOrEqualTo(options.logLevel, least)) write(line.log(options))
  })
  return {
    // Everything reaches the logger, which alone knows the level of the moment.
    layer: Layer.merge(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, "Trace")),
    setLevel: (level) => {
      least = level
    }
  }
}
