import { contract } from "./contract.ts"
import { goStruct } from "./wire/go-struct.ts"
import { Bool, Str } from "./wire/scalar.ts"
import { Time } from "./wire/time.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `host.affinity.lookup`. White space around the texts is ignored; none may be blank. */
export const HostAffinityLookupRequest = goStruct({ provider: Str, model: Str, session_id: Str })
/** Request of `host.affinity.lookup`. */
export type HostAffinityLookupRequest = TypeOf<typeof HostAffinityLookupRequest>

/** Result of `host.affinity.lookup`. */
export const HostAffinityLookupResponse = goStruct(
  {
    /** `bound`, `unbound`, `ambiguous`, or `unsupported` when the host binds no sessions. */
    status: Str,
    /** Of the credential that the session is bound to. */
    auth_index: Str,
    /** When the host looked. */
    observed_at: Time,
    /** The credential is disabled. */
    disabled: Bool,
    /** The credential is unavailable for now. */
    unavailable: Bool
  },
  { omittedWhenEmpty: ["auth_index", "disabled", "unavailable"] }
)
/** Result of `host.affinity.lookup`. */
export type HostAffinityLookupResponse = TypeOf<typeof HostAffinityLookupResponse>

/** Tells which credential a session is bound to. Looking changes nothing. */
export const hostAffinityLookup = contract("host.affinity.lookup", {
  request: HostAffinityLookupRequest,
  result: HostAffinityLookupResponse
})
