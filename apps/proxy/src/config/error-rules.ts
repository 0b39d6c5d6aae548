import type { ErrorRuleSettings } from "@cliproxy/pipeline"

import { type Decoder, section } from "./config-section.ts"
import { list, oneOf, text, wholeNumber } from "./config-values.ts"

const actions: Readonly<Record<string, ErrorRuleSettings["action"]>> = {
  stop: "stop",
  "stop-and-cooldown": "stop-and-cooldown",
  continue: "continue",
  "continue-and-cooldown": "continue-and-cooldown"
}

/** A regular expression. Flags for all of it may stand before it, as in Go: `(?i)`. */
const pattern: Decoder<RegExp> = (found, file) => {
  const written = text(found, file)
  if (written === undefined) return undefined
  const [lead = "", flags = ""] = /^\(\?([ims]+)\)/.exec(written) ?? []
  try {
    return new RegExp(written.slice(lead.length), flags)
  } catch {
    file.report("error", found, "is not a regular expression that JavaScript knows")
    return undefined
  }
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
