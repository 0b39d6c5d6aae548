import { Effect } from "effect"

import type { Rejected } from "../rejected.ts"
import { refused } from "./management-body.ts"

/** A file of an upload. Nothing of it was checked. */
export interface UploadedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * The files of an upload: those of a form (`multipart/form-data`, RFC 7578), or the whole body as one file that is
 * called `name`. Fails with 400 for a form that cannot be read, has no file, or has two of the same name.
 */
export const uploadedFiles = (
  contentType: string,
  body: Uint8Array,
  name: string
): Effect.Effect<ReadonlyArray<UploadedFile>, Rejected> =>
  /^multipart\/form-data\b/i.test(contentType.trim())
    ? Effect.flatMap(filesOfForm(contentType, body), checked)
    : Effect.succeed([{ name, bytes: body }])

const filesOfForm = (contentType: string, body: Uint8Array): Effect.Effect<ReadonlyArray<UploadedFile>, Rejected> =>
  Effect.tryPromise({
    try: async () => {
      const copy = new Uint8Array(body)
      const form = await new Response(copy, { headers: { "content-type": contentType } }).formData()
      const files = [...form.values()].filter((value) => typeof value !== "string")
      return Promise.all(
        files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }))
      )
    },
    catch: () => refused(400, "The body is not a form as its content-type says.", "invalid_form")
  })

const checked = (files: ReadonlyArray<UploadedFile>): Effect.Effect<ReadonlyArray<UploadedFile>, Rejected> => {
  const names = files.map(({ name }) => name.trim())
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (files.length === 0) return Effect.fail(refused(400, "The form has no file in it.", "invalid_form"))
  return twice === undefined
    ? Effect.succeed(files)
    : Effect.fail(refused(400, `The form has two files of the name ${twice}.`, "invalid_form"))
}
