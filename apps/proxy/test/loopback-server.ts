import { createServer, type RequestListener } from "node:http"

import { Effect, type Scope } from "effect"

/** Serves on a free port of this machine as long as the scope lives. Gives the origin, such as `http://127.0.0.1:40000`. */
export const startServer = (serve: RequestListener): Effect.Effect<string, never, Scope.Scope> => {
  const server = createServer(serve)
  return Effect.acquireRelease(
    Effect.callback<string>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        if (typeof address !== "object" || address === null) throw new Error("a TCP server has a port")
        resume(Effect.succeed(`http://127.0.0.1:${address.port}`))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
}
