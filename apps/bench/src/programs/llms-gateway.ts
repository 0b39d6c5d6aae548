/**
 * The gateway of the npm package `@musistudio/llms`, which is a library: it has no command. `llms-gateway FOLDER UPSTREAM
 * PORT`, where the folder's `node_modules` holds the package. Any job is answered with its origin.
 */
import { createRequire } from "node:module"
import { join } from "node:path"

import { answerJobs } from "./answer-jobs.ts"

interface Llms {
  readonly default: new (options: object) => { readonly start: () => Promise<void> }
}

const [folder = "", upstream = "", port = ""] = process.argv.slice(2)
// What it has for `import` does not load: it calls a `require` that is not there.
const { default: Gateway }: Llms = createRequire(join(folder, "package.json"))("@musistudio/llms")

const gateway = new Gateway({
  useJsonFile: false,
  // It would write whole requests to its log.
  logger: false,
  initialConfig: {
    HOST: "127.0.0.1",
    PORT: port,
    providers: [
      {
        name: "bench",
        api_base_url: `${upstream}/v1/chat/completions`,
        api_key: "k1-a8",
        models: ["whole", "burst", "paced"]
      }
    ]
  }
})

/** What it gets ready in the background, it does not wait for. */
const readyMs = 300

const listening = new Promise((resolve) => setTimeout(resolve, readyMs))
  .then(() => gateway.start())
  .then(() => `http://127.0.0.1:${port}`)

answerJobs(() => listening)
