import {
  type AnyContract,
  capabilityFlags,
  type CapabilityFlag,
  type ContractMethod,
  contractOf,
  methodsOfCapability,
  type Registration
} from "@cliproxy/abi"
import { Result } from "effect"

import type { Known, Sample } from "./sample.ts"
import { samplesOf } from "./sample-requests.ts"

/** The methods that a registration promises, each with the capability that it belongs to. */
export const methodsOf = (registration: Registration): ReadonlyArray<readonly [CapabilityFlag, ContractMethod]> =>
  capabilityFlags.flatMap((flag) => {
    if (!registration.capabilities[flag]) return []
    return methodsOfCapability(flag).flatMap((method) => {
      // A plugin with both flags is asked for its models by `model.static` only.
      if (method === "model.register" && registration.capabilities.model_provider) return []
      const contract = contractOf(method)
      return contract === undefined ? [] : [[flag, contract.method] as const]
    })
  })

/** A sample as a host sends it. */
export interface Request {
  readonly sample: Sample
  readonly contract: AnyContract
  readonly decoded: unknown
  readonly bytes: Uint8Array
}

/** The samples of a method as a host writes them. */
export const requestsOf = (method: ContractMethod, known: Known): ReadonlyArray<Request> => {
  const contract = contractOf(method)
  if (contract === undefined) return []
  return samplesOf(method, known).map((sample) => {
    const decoded = Result.getOrThrow(contract.decodeRequest(sample.fields))
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same contract read it
    return { sample, contract, decoded, bytes: contract.encodeRequest(decoded as never) }
  })
}
