import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8"

/** Bytes of the space for new objects, both halves, above which it need not grow. */
const ENOUGH_BYTES = 16 * 1024 * 1024

/** Milliseconds between two looks. */
const LOOK_MS = 100

const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? 0

/**
 * Keeps V8's space for new objects from growing to the 128 MB that it takes on a machine with much memory: what a request
 * allocates is garbage soon, and with 16 MB requests cost the same and the process is a third smaller. The option
 * `--max-semi-space-size` would say so to Node when it starts; who starts an installed command cannot be told to give it.
 * The factor by which the space grows is read whenever it grows. Who gave that option is left alone.
 *
 * Ends by itself, and keeps no process alive.
 */
export const boundYoungGeneration = (): void => {
  if (`${process.execArgv.join(" ")} ${process.env["NODE_OPTIONS"] ?? ""}`.includes("semi-space")) return
  const look = (): void => {
    if (youngBytes() < ENOUGH_BYTES) return
    setFlagsFromString("--semi-space-growth-factor=1")
    clearInterval(timer)
  }
  const timer = setInterval(look, LOOK_MS).unref()
}
