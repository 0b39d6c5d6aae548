// Types of Node are part of the interface: TypeScript finds them by this line, whatever a project lists as `types`.
/// <reference types="node" preserve="true" />

export { AddressNotAvailable, ListenFailed, ListenForbidden, type ListenError, PortInUse } from "./listen-error.ts"
export {
  type Configuration,
  type ConfigurationError,
  ConfigurationNotEditable,
  ConfigurationNotWritten,
  ConfigurationRefused,
  type ConfigurationSettings
} from "./management/configuration.ts"
export { type ExplanationObject, explanationObject } from "./management/decision-object.ts"
export type { ManagementAccess } from "./management/management-key.ts"
export { defaultLimits, type ServerLimits, type ServerOptions } from "./server-options.ts"
export { type DrainReport, layerServer, type RunningServer, serve, Server } from "./serve.ts"
