import { Schema } from "effect"

const place = {
  /** Address that was asked for. */
  host: Schema.String,
  /** Port that was asked for. */
  port: Schema.Int
}

/** Another process listens there already (EADDRINUSE). */
export class PortInUse extends Schema.TaggedError<PortInUse>()("PortInUse", place) {
  override get message() {
    return `port ${this.port} on ${this.host} is in use by another process; stop it or choose another port`
  }
}

/** The host is not an address of this machine, or its name does not resolve (EADDRNOTAVAIL, ENOTFOUND and the like). */
export class AddressNotAvailable extends Schema.TaggedError<AddressNotAvailable>()("AddressNotAvailable", {
  ...place,
  /** Code of the operating system, such as `ENOTFOUND`. */
  reason: Schema.String
}) {
  override get message() {
    return `cannot listen on ${this.host}: it is not an address of this machine (${this.reason})`
  }
}

/** The operating system does not let this user listen there (EACCES, EPERM): mostly a port below 1024. */
export class ListenForbidden extends Schema.TaggedError<ListenForbidden>()("ListenForbidden", place) {
  override get message() {
    return `no permission to listen on port ${this.port} of ${this.host}; ports below 1024 often need special rights`
  }
}

/** Anything else that keeps the server from listening. */
export class ListenFailed extends Schema.TaggedError<ListenFailed>()("ListenFailed", {
  ...place,
  /** Code of the operating system, or its message when there is none. */
  reason: Schema.String
}) {
  override get message() {
    return `cannot listen on ${this.host} port ${this.port}: ${this.reason}`
  }
}

/** Every way in which `serve` can fail. */
export type ListenError = PortInUse | AddressNotAvailable | ListenForbidden | ListenFailed

/** Names what the operating system said about `listen`. */
export const listenErrorFrom = (error: NodeJS.ErrnoException, host: string, port: number): ListenError => {
  switch (error.code) {
    case "EADDRINUSE":
      return new PortInUse({ host, port })
    case "EACCES":
    case "EPERM":
      return new ListenForbidden({ host, port })
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
    case "EINVAL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_FAIL":
    case "ENODATA":
      return new AddressNotAvailable({ host, port, reason: error.code })
    default:
      return new ListenFailed({ host, port, reason: error.code ?? error.message })
  }
}
