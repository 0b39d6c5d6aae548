import type { GatewaySettings } from "@cliproxy/pipeline"
import type { ManagementAccess } from "@cliproxy/server"

/** A configuration file, checked, with every default filled in. */
export interface ProxyConfig {
  /** Address to listen on. */
  readonly host: string
  /** TCP port; 0 takes any free one. */
  readonly port: number
  /** Keys that clients must present one of; none lets everybody in. */
  readonly apiKeys: ReadonlyArray<string>
  /** Who may use the management API. */
  readonly management: ManagementAccess
  /** Whether debug lines are logged. */
  readonly debug: boolean
  /** Whether the embedded demo provider runs. */
  readonly demo: boolean
  /** Milliseconds of silence after which event streams are kept alive; 0 never does. */
  readonly keepAliveMs: number
  /** Milliseconds for which a client may take nothing of its answer. Read at the start. */
  readonly writeTimeoutMs: number
  /** Whether the rests and quotas of credentials are kept over a restart. Read at the start. */
  readonly saveCooldownStatus: boolean
  /** Absolute path of the file that they are kept in; left out: beside the configuration file. Read at the start. */
  readonly stateFile: string | undefined
  /** Whether answers tell in headers which credential served them, and where the time went. */
  readonly traceHeader: boolean
  /** Milliseconds that open requests get to finish on shutdown. */
  readonly shutdownGraceMs: number
  /** What the pipeline is told, without the demo provider. */
  readonly gateway: GatewaySettings
}

/** Address and port when the file names none. Loopback, so that nobody serves the whole network by accident. */
export const defaultHost = "127.0.0.1"
export const defaultPort = 8317

/** Name of the embedded demo provider, and the prefix of its credentials' IDs. */
export const demoProviderName = "demo"
