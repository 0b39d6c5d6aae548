import type { Extensions } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import { otherFields } from "../json-fields.ts"

/** Fields of this protocol that the canonical model has no place for; `undefined` for none. */
export const extensionsOf = (fields: JsonObject | undefined): Extensions | undefined =>
  fields === undefined ? undefined : { protocol: "openai", fields }

/** What is left of an object when the known fields are taken out, to be kept for the same protocol. */
export const keptFields = (json: JsonObject, known: ReadonlySet<string>): Extensions | undefined =>
  extensionsOf(otherFields(json, known))
