import type { ManagementAccess } from "@cliproxy/server"

import { type Decoder, section } from "./config-section.ts"
import { flag, text } from "./config-values.ts"
import { unsupportedKeys } from "./reference-keys.ts"
import { looksLikeSample } from "./sample-keys.ts"

/** A key in the form in which CLIProxyAPI stores it: from a hash nobody can read the key. */
const bcryptHash = /^\$2[abxy]?\$\d\d\$/

const secretKey: Decoder<string> = (found, file) => {
  const key = text(found, file)
  if (key === undefined) return undefined
  if (bcryptHash.test(key)) {
    file.report("error", found, "is a bcrypt hash; write the key itself, or give it in MANAGEMENT_PASSWORD")
    return undefined
  }
  if (looksLikeSample(key)) {
    file.report("warning", found, "looks like a sample key, which strangers can guess; make up your own")
  }
  return key
}

/** `remote-management`. */
export const management: Decoder<ManagementAccess> = (found, file) => {
  const fields = section(found, file)
  if (fields === undefined) return undefined
  const access = {
    secretKey: fields.optional("secret-key", secretKey, ""),
    allowRemote: fields.optional("allow-remote", flag, false)
  }
  fields.end(unsupportedKeys.management)
  return access
}
