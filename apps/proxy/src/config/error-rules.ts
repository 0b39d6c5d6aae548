import { errorPattern, errorRuleActions, type ErrorRuleSettings } from "@cliproxy/pipeline"

import { type Decoder, section } from "./config-section.ts"
import { list, oneOf, text, wholeNumber } from "./config-values.ts"

const actions: Readonly<Record<string, ErrorRuleSettings["action"]>> = Object.fromEntries(
  errorRuleActions.map((action) => [action, action])
)

const pattern: Decoder<RegExp> = (found, file) => {
  const written = text(found, file)
  if (written === undefined) return undefined
  const compiled = errorPattern(written)
  if (compiled === undefined) file.report("error", found, "is not a regular expression that JavaScript knows")
  return compiled
}

const errorRule: Decoder<ErrorRuleSettings> = (found, file) => {
  const fields = section(found, file)
  if (fields === undefined) return undefined
  const status = fields.optional<number | undefined>("status", wholeNumber(400, 599), undefined)
  const match = fields.optional<string | undefined>("match", text, undefined)
  const fits = fields.optional<RegExp | undefined>("match-regexr", pattern, undefined)
  const action = fields.required("action", oneOf(actions))
  fields.end()
  if (action === undefined) return undefined
  return {
    ...(status === undefined ? {} : { status }),
    ...(match === undefined ? {} : { match }),
    ...(fits === undefined ? {} : { pattern: fits }),
    action
  }
}

/** The list `request-scoped-errors`. */
export const errorRules: Decoder<ReadonlyArray<ErrorRuleSettings>> = list(errorRule)
