import type { HostCaller } from "../plugin-host/host-calls.ts"

/** Handles that a plugin may have open without an exchange. Far above any use; keeps a runaway out of memory. */
export const MAX_UNUSED = 1024

/** The handle of one exchange, while it is under way. */
export interface HttpOperation {
  /** Says what gives the exchange up. */
  readonly begin: (cancel: () => void) => void
  /** The exchange is over: the handle is gone. */
  readonly over: () => void
}

/** Handles by which plugins give up exchanges that they wait for. Source: plugin ABI, `host.http.operation_open`. */
export interface HttpOperations {
  /** Gives a handle; `undefined` when the plugin has too many that it does not use. */
  readonly open: (caller: HostCaller) => string | undefined
  /** Takes a handle for one exchange; `undefined` when it is unknown, another plugin's, cancelled or taken already. */
  readonly take: (id: string, plugin: string) => HttpOperation | undefined
  /** Gives the exchange of a handle up, and forgets a handle without one. Unknown handles are passed over. */
  readonly cancel: (id: string, plugin: string) => void
  /** How many handles there are. */
  readonly size: () => number
}

interface Operation {
  readonly plugin: string
  /** Lets go of what would forget the handle; `undefined` once it was taken. */
  unused: (() => void) | undefined
  cancel: (() => void) | undefined
}

/** Makes the handles of all plugins. One that is not taken goes with its plugin, and with the scope it was opened in. */
export const makeHttpOperations = (): HttpOperations => {
  const operations = new Map<string, Operation>()
  const unused = new Map<string, number>()
  let last = 0

  const count = (plugin: string, change: 1 | -1): void => {
    const left = (unused.get(plugin) ?? 0) + change
    if (left === 0) unused.delete(plugin)
    else unused.set(plugin, left)
  }

  const owned = (id: string, plugin: string): Operation | undefined => {
    const operation = operations.get(id)
    return operation?.plugin === plugin ? operation : undefined
  }

  const useUp = (operation: Operation): void => {
    operation.unused?.()
    operation.unused = undefined
  }

  return {
    open: ({ onEnd, plugin, scope }) => {
      if ((unused.get(plugin) ?? 0) >= MAX_UNUSED) return undefined
      const id = String(++last)
      const undo: Array<() => void> = []
      const operation: Operation = {
        plugin,
        cancel: undefined,
        unused: () => {
          for (const step of undo) step()
          count(plugin, -1)
        }
      }
      operations.set(id, operation)
      count(plugin, 1)
      const forget = (): void => {
        useUp(operation)
        operations.delete(id)
      }
      undo.push(onEnd(forget))
      if (scope !== undefined) undo.push(scope.onClose(forget))
      return id
    },
    take: (id, plugin) => {
      const operation = owned(id, plugin)
      if (operation?.unused === undefined) return undefined
      useUp(operation)
      return {
        begin: (cancel) => {
          operation.cancel = cancel
        },
        over: () => void operations.delete(id)
      }
    },
    cancel: (id, plugin) => {
      const operation = owned(id, plugin)
      if (operation === undefined) return
      useUp(operation)
      operations.delete(id)
      operation.cancel?.()
    },
    size: () => operations.size
  }
}
