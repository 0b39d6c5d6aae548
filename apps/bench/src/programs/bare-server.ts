/** What answers soonest after its start: `node:http`, and an answer that is there already. `bare-server PORT`. */
import { createServer } from "node:http"

import { wholeAnswer } from "../upstream-answers.ts"

const server = createServer((request, response) => {
  request.resume()
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/json", "content-length": wholeAnswer.length })
    response.end(wholeAnswer)
  })
})
server.listen(Number(process.argv[2]), "127.0.0.1")
