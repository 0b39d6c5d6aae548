import { answerLikeAModel } from "./answer-like-a-model.ts"
import type { ConversationView } from "./conversation-view.ts"
import type { Answer, AnswerError, Scenario } from "./scenario.ts"
import type { SeededRandom } from "./seeded-random.ts"
import type { SimulatedAnswer } from "./simulator.ts"

/** How a provider writes answers and errors. */
export interface AnswerWriter {
  readonly whole: (answer: Answer, view: ConversationView) => unknown
  /** Type of a stream's body. */
  readonly streamType: string
  /** Every event of a stream as its bytes are. */
  readonly events: (answer: Answer, view: ConversationView, random: SeededRandom) => ReadonlyArray<string>
  readonly errorBody: (error: AnswerError) => unknown
  readonly errorEvent: (error: AnswerError) => string
}

/** What a scenario makes of a request that the provider accepted. */
export const playScenario = (
  scenario: Scenario,
  view: ConversationView,
  writer: AnswerWriter,
  random: SeededRandom
): SimulatedAnswer => {
  const refuse = (error: AnswerError): SimulatedAnswer => ({
    kind: "whole",
    view,
    status: error.status,
    headers: error.headers ?? {},
    body: writer.errorBody(error)
  })
  if (scenario.kind === "error") return refuse(scenario.error)
  const answer = scenario.kind === "model" ? answerLikeAModel(view) : scenario.answer
  const sliced = (events: ReadonlyArray<string>, end: "ended" | "destroyed" | "silence"): SimulatedAnswer => ({
    kind: "sliced",
    view,
    contentType: view.stream ? writer.streamType : "application/json",
    events,
    end
  })
  if (!view.stream) {
    const whole = JSON.stringify(writer.whole(answer, view))
    if (scenario.kind === "error-in-stream") return refuse(scenario.error)
    if (scenario.kind === "hang") return sliced([], "silence")
    // Half a body announces no length: that it ended well is for the reader to doubt.
    if (scenario.kind === "cut") return sliced([whole.slice(0, whole.length / 2)], scenario.how)
    return { kind: "whole", view, status: 200, body: JSON.parse(whole) }
  }
  const events = writer.events(answer, view, random)
  switch (scenario.kind) {
    case "error-in-stream":
      return sliced([...events.slice(0, scenario.events), writer.errorEvent(scenario.error)], "ended")
    case "cut":
      return sliced(events.slice(0, scenario.events), scenario.how)
    case "hang":
      return sliced(events.slice(0, scenario.events), "silence")
    default:
      return sliced(events, "ended")
  }
}
