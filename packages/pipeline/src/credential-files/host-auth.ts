import {
  authFileName,
  encodeSuccess,
  hostAuthGet,
  type HostAuthGetResponse,
  hostAuthGetRuntime,
  hostAuthList,
  hostAuthSave,
  rawJsonField
} from "@cliproxy/abi"
import { Effect, Result } from "effect"

import { HostCallFailed, type HostMethods, serving, servingBytes } from "../plugin-host/host-calls.ts"
import { readCredentialFile } from "./credential-directory.ts"
import { credentialEntries, credentialEntry } from "./credential-entries.ts"
import type { CredentialRest } from "./credential-rest.ts"
import type { CredentialStore } from "./credential-store.ts"
import { readWeight } from "./file-settings.ts"
import { isObject } from "../codecs/json-fields.ts"
import { readJsonObject } from "./json-object.ts"
import type { StoredCredential } from "./stored-credential.ts"

/**
 * Serves `host.auth.*`: the credentials of the directory, for plugins. `storeNow` gives `undefined` while the gateway is
 * not up. `configured` tells whether an index is that of a credential from the configuration, which has no file.
 * Source: plugin ABI, credentials.
 */
export const hostAuthMethods = (
  storeNow: () => CredentialStore | undefined,
  configured: (index: string) => boolean,
  restsUntil: CredentialRest = () => undefined
): HostMethods => {
  const withStore = Effect.suspend(() => {
    const store = storeNow()
    return store === undefined ? failed("core auth manager unavailable") : Effect.succeed(store)
  })

  const credentialOf = (given: string): Effect.Effect<StoredCredential, HostCallFailed> => {
    const index = given.trim()
    if (index === "") return failed("auth_index is required")
    return Effect.flatMap(withStore, (store) => {
      const credential = store.credentials().find((one) => one.index === index)
      return credential === undefined ? failed(`auth not found for auth_index ${index}`) : Effect.succeed(credential)
    })
  }

  const fileOf = (given: string): Effect.Effect<StoredCredential, HostCallFailed> =>
    configured(given.trim()) ? failed(`auth file path not found for auth_index ${given.trim()}`) : credentialOf(given)

  const runtimeOf = (given: string): Effect.Effect<StoredCredential, HostCallFailed> =>
    configured(given.trim()) ? failed(notShown(given.trim())) : credentialOf(given)

  const entryOf = (credential: StoredCredential) =>
    Effect.flatMap(withStore, (store) => credentialEntry(store, credential, restsUntil))

  return {
    "host.auth.list": serving(hostAuthList, () =>
      Effect.map(
        Effect.flatMap(withStore, (store) => credentialEntries(store, restsUntil)),
        (files) => ({ files })
      )
    ),
    "host.auth.get": servingBytes(
      hostAuthGet,
      Effect.fnUntraced(function* ({ auth_index }) {
        const { fileName, index, path } = yield* fileOf(auth_index)
        const content = yield* readCredentialFile(path).pipe(
          Effect.mapError(({ message }) => invalidFile(index, message))
        )
        if (content === undefined) return yield* failed(`auth file not found for auth_index ${index}`)
        const text = content.bytes.toString()
        if (text.trim() === "") return yield* failed(`auth file is empty for auth_index ${index}`)
        const json = readJsonObject(text)
        if (Result.isFailure(json)) return yield* invalidFile(index, json.failure)
        return withJsonText({ auth_index: index, name: fileName, path }, text.trim())
      })
    ),
    "host.auth.get_runtime": serving(
      hostAuthGetRuntime,
      Effect.fnUntraced(function* ({ auth_index }) {
        const auth = yield* Effect.flatMap(runtimeOf(auth_index), entryOf)
        return auth === undefined ? yield* failed(notShown(auth_index.trim())) : { auth }
      })
    ),
    "host.auth.save": serving(
      hostAuthSave,
      Effect.fnUntraced(function* ({ json, name: given }, { bytes }) {
        const name = authFileName(given)
        if (Result.isFailure(name)) return yield* failed(name.failure)
        if (json === null) return yield* failed("json is required")
        if (!isObject(json)) return yield* failed("invalid auth json: it is not a JSON object")
        const weight = readWeight(json["weight"])
        if (Result.isFailure(weight)) return yield* failed(`invalid auth weight: ${weight.failure}`)
        const store = yield* withStore
        if (store.source().dir === undefined) return yield* failed("auth directory is unavailable")
        // As the plugin wrote it: JavaScript's numbers would lose digits of what it stores.
        const text = rawJsonField(bytes, "json") ?? JSON.stringify(json)
        const path = yield* store
          .write(name.success, Buffer.from(text))
          .pipe(
            Effect.mapError(({ message }) => new HostCallFailed({ message: `failed to write auth file: ${message}` }))
          )
        return { name: name.success, path }
      })
    )
  }
}

/** The envelope of `host.auth.get` with the text of a file in it as it is, since plugins write back what they got. */
const withJsonText = (answer: Omit<HostAuthGetResponse, "json">, text: string): Uint8Array => {
  const envelope = Buffer.from(encodeSuccess(hostAuthGet.encodeResult({ ...answer, json: null }))).toString()
  // `json` is the last field of the result, and the result that of the envelope.
  return Buffer.from(`${envelope.slice(0, -"null}}".length)}${text}}}`)
}

const failed = (message: string): Effect.Effect<never, HostCallFailed> => Effect.fail(new HostCallFailed({ message }))

const notShown = (index: string): string => `auth runtime info not found for auth_index ${index}`

const invalidFile = (index: string, why: string): HostCallFailed =>
  new HostCallFailed({ message: `invalid auth file for auth_index ${index}: ${why}` })
