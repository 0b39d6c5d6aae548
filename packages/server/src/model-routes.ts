import { clientCodecs, type Gateway, type GatewayError } from "@cliproxy/pipeline"
import { Effect } from "effect"

import { invalidRequest } from "./error-answer.ts"
import { decodePath, type Exchange } from "./exchange.ts"
import { withoutCollection } from "./gemini-path.ts"
import { Rejected } from "./rejected.ts"

/** Paths of the lists of models. One model's path is below. */
export const modelLists: ReadonlyArray<string> = ["/v1/models", "/v1beta/models"]

/** What serves lists of models and single models, each in the shape of the protocol that the client speaks. */
export const makeModelRoutes = (gateway: Gateway["Service"]) => {
  const list = ({ answer, protocol }: Exchange): Effect.Effect<void> =>
    Effect.map(gateway.models, (models) =>
      answer.json(200, JSON.stringify(clientCodecs[protocol].encodeModels(models)))
    )

  const one = Effect.fnUntraced(function* ({
    answer,
    path,
    protocol
  }: Exchange): Effect.fn.Return<void, Rejected | GatewayError> {
    const list = modelLists.find((folder) => path.startsWith(`${folder}/`)) ?? ""
    const id = withoutCollection(decodePath(path.slice(list.length + 1)))
    const model = yield* gateway.model(id)
    if (model !== undefined) return answer.json(200, JSON.stringify(clientCodecs[protocol].encodeModel(model)))
    return yield* new Rejected({
      answer: invalidRequest(404, `The model \`${id}\` does not exist.`, "model_not_found", "model")
    })
  })

  return { list, one }
}
