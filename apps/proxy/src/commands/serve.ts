import { Effect, Option } from "effect"
import { Command, Flag, GlobalFlag } from "effect/cli"

import { configFlag } from "./config-flag.ts"

/** `cliproxy serve`: runs the proxy until SIGINT or SIGTERM. */
export const serveCommand = Command.make(
  "serve",
  {
    config: configFlag,
    host: Flag.String("host").pipe(
      Flag.withMetavar("ADDRESS"),
      Flag.withDescription("Address to listen on, instead of the configured one"),
      Flag.optional
    ),
    port: Flag.Int("port").pipe(
      Flag.withAlias("p"),
      Flag.filter(
        (port) => port >= 0 && port <= 65_535,
        () => "a port from 0 to 65535"
      ),
      Flag.withMetavar("PORT"),
      Flag.withDescription("Port to listen on, instead of the configured one; 0 takes a free one"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ config, host, port }) {
    const { serveProxy } = yield* Effect.promise(() => import("../serve/serve-proxy.ts"))
    const logLevel = yield* GlobalFlag.LogLevel
    yield* serveProxy({
      configPath: Option.getOrUndefined(config),
      host: Option.getOrUndefined(host),
      port: Option.getOrUndefined(port),
      logLevel: Option.getOrUndefined(logLevel)
    })
  })
).pipe(Command.withDescription("Serve clients until SIGINT or SIGTERM"))
