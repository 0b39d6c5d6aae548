import type { Configuration } from "./management/configuration.ts"
import type { ManagementAccess } from "./management/management-key.ts"

/** Bounds on what a client may send and how slowly. Each has a default, see `defaultLimits`. */
export interface ServerLimits {
  /** Largest request body in bytes, before and after `content-encoding` is undone. Beyond it: 413. */
  readonly maxBodyBytes: number
  /** Milliseconds for a client to send a request's headers. Beyond it: 408 and the connection is closed. */
  readonly headersTimeoutMs: number
  /** Milliseconds for a client to send a whole request. The answer may take as long as it likes. */
  readonly requestTimeoutMs: number
  /**
   * Milliseconds for which a client may take nothing of what waits for it. Beyond it, which is noticed within as long
   * again, the connection is cut and the request ends as if the client had hung up: until then it keeps a credential busy.
   */
  readonly writeTimeoutMs: number
  /** Milliseconds that an idle connection is kept for the client's next request. */
  readonly keepAliveTimeoutMs: number
}

/**
 * 64 MiB of body, because prompts carry images. An idle connection is kept for 65 s: longer than the 60 s of common
 * load balancers in front, so that they close first and never send a request into a closing connection.
 */
export const defaultLimits: ServerLimits = {
  maxBodyBytes: 64 * 1024 * 1024,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 300_000,
  writeTimeoutMs: 300_000,
  keepAliveTimeoutMs: 65_000
}

/** What `serve` is told by its operator. */
export interface ServerOptions {
  /** Address to listen on, such as `127.0.0.1`, `::1` or `0.0.0.0`; a host name is resolved. */
  readonly host: string
  /** TCP port; 0 takes any free one. */
  readonly port: number
  /**
   * Keys that clients must present one of. An empty list lets everybody in. Read on each request, so that a reload is
   * seen at once: give a new array when the keys change, because they are hashed once per array.
   */
  readonly apiKeys: () => ReadonlyArray<string>
  /** Who may use the management API. Read on each request. Default: nobody. */
  readonly management?: () => ManagementAccess
  /** What the management API reads and changes settings in. Default: it has no routes for that. */
  readonly configuration?: Configuration
  /**
   * Milliseconds without a byte after which an event stream is kept alive, also before the model has begun to answer. From
   * then on the answer has status 200, and an error can only be told in the stream. Read for each request; 0, the
   * default, never does.
   */
  readonly keepAliveMs?: () => number
  /**
   * Whether answers tell in the header `x-cliproxy-trace` which credential served them, after how many attempts, and who
   * chose it, and in `server-timing` where the time went. Read for each request. Default: they do not.
   */
  readonly traceHeader?: () => boolean
  readonly limits?: Partial<ServerLimits>
  /** Milliseconds that open requests get to finish when the server's scope closes. Default 30,000. */
  readonly graceMs?: number
}
