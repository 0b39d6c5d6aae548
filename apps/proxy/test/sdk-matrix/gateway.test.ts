import { layer } from "@effect/vitest"

import { Gateway } from "./gateway.ts"
import { answerRowsSuite } from "./suites/answer-rows.ts"
import { codingAgentsSuite } from "./suites/coding-agents.ts"
import { conversationSuite } from "./suites/conversation.ts"
import { endpointsSuite } from "./suites/endpoints.ts"
import { failuresSuite } from "./suites/failures.ts"
import { featuresSuite } from "./suites/features.ts"
import { modelGenerationsSuite } from "./suites/model-generations.ts"
import { requestRowsSuite } from "./suites/request-rows.ts"
import { switchingSuite } from "./suites/switching.ts"

// One proxy and one load of the SDKs for all: to start them takes longer than many of the tests.
layer(Gateway.layer, { excludeTestServices: true })("the gateway, seen by official clients:", (it) => {
  conversationSuite(it)
  switchingSuite(it)
  failuresSuite(it)
  featuresSuite(it)
  modelGenerationsSuite(it)
  codingAgentsSuite(it)
  endpointsSuite(it)
  requestRowsSuite(it)
  answerRowsSuite(it)
})
