import type { CredentialFileFailure, CredentialFiles } from "@cliproxy/pipeline"
import { Effect } from "effect"

import type { Exchange } from "../exchange.ts"
import type { Rejected } from "../rejected.ts"
import { uploadedFiles } from "./auth-file-upload.ts"
import type { ManagementHandler } from "./configuration-answers.ts"
import { isObject, readObject, readPlain, readValue, refused } from "./management-body.ts"

const base = "/v0/management/auth-files"

const codes = {
  CredentialFileRefused: [400, "invalid_auth_file"],
  CredentialFileNotFound: [404, "auth_file_not_found"],
  NoCredentialDirectory: [409, "no_auth_dir"],
  CredentialFileError: [500, "auth_file_failed"]
} as const

const fromFailure = ({ _tag, message }: CredentialFileFailure): Rejected => {
  const [status, code] = codes[_tag]
  return refused(status, `Nothing was done with the credential file: ${message}.`, code)
}

const list =
  (files: CredentialFiles): ManagementHandler =>
  ({ answer, query }) =>
    Effect.map(files.list, (entries) => {
      const asked = new URLSearchParams(query)
      const name = asked.get("name")
      const index = asked.get("auth_index")
      const wanted = entries.filter(
        (entry) => (!name || entry.name === name || entry.id === name) && (!index || entry.auth_index === index)
      )
      answer.json(200, JSON.stringify({ files: wanted }))
    })

const models =
  (files: CredentialFiles): ManagementHandler =>
  ({ answer, query }) =>
    files.models((new URLSearchParams(query).get("name") ?? "").trim()).pipe(
      Effect.mapError(fromFailure),
      Effect.map((served) =>
        answer.json(
          200,
          JSON.stringify({ models: served.map(({ id, provider }) => ({ id, type: provider, owned_by: provider })) })
        )
      )
    )

const download =
  (files: CredentialFiles): ManagementHandler =>
  ({ answer, query }) => {
    const name = new URLSearchParams(query).get("name") ?? ""
    return files.read(name).pipe(
      Effect.mapError(fromFailure),
      Effect.map((bytes) =>
        answer.bytes(
          200,
          [
            ["content-type", "application/json"],
            ["content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(name.trim())}`],
            ["cache-control", "no-store"]
          ],
          bytes
        )
      )
    )
  }

/** What became of each of several files. */
interface Done {
  readonly name: string
  /** Why nothing was done. */
  readonly failure?: CredentialFileFailure
}

const each = <A extends { readonly name: string }>(
  files: ReadonlyArray<A>,
  work: (file: A) => Effect.Effect<unknown, CredentialFileFailure>
): Effect.Effect<ReadonlyArray<Done>> =>
  Effect.forEach(files, (file) =>
    work(file).pipe(
      Effect.map((): Done => ({ name: file.name })),
      Effect.catch((failure) => Effect.succeed<Done>({ name: file.name, failure }))
    )
  )

/** One file is told as itself; of several, what was done and what was not: 207 when not all went well (RFC 4918, 11.1). */
const tell = (
  { answer }: Exchange,
  word: "uploaded" | "deleted",
  done: ReadonlyArray<Done>,
  more: object = {}
): Effect.Effect<void, Rejected> => {
  const failed = done.flatMap(({ failure, name }) => (failure === undefined ? [] : [{ name, failure }]))
  const [first] = failed
  if (first !== undefined && done.length === 1) return Effect.fail(fromFailure(first.failure))
  const names = done.flatMap(({ failure, name }) => (failure === undefined ? [name] : []))
  const whole = failed.length === 0
  const body = {
    status: whole ? "ok" : "partial",
    [word]: names.length,
    files: names,
    ...(whole ? {} : { failed: failed.map(({ failure, name }) => ({ name, error: failure.message })) }),
    ...more
  }
  return Effect.sync(() => answer.json(whole ? 200 : 207, JSON.stringify(body)))
}

const upload =
  (files: CredentialFiles, maxBodyBytes: number): ManagementHandler =>
  (exchange) =>
    Effect.gen(function* () {
      const body = yield* readPlain(exchange, maxBodyBytes)
      const name = new URLSearchParams(exchange.query).get("name") ?? ""
      const sent = yield* uploadedFiles(exchange.request.headers["content-type"] ?? "", body, name)
      const unused: Array<string> = []
      const done = yield* each(sent, (file) =>
        Effect.map(files.save(file.name, file.bytes), (used) => {
          if (!used) unused.push(file.name)
        })
      )
      yield* tell(exchange, "uploaded", done, unused.length === 0 ? {} : { unused })
    })

/** Names from the query, or from a body that is a list of them, or has `name` or `names`. */
const namesToDelete = (exchange: Exchange, maxBodyBytes: number): Effect.Effect<ReadonlyArray<string>, Rejected> => {
  const asked = new URLSearchParams(exchange.query).getAll("name").filter((name) => name.trim() !== "")
  if (asked.length > 0) return Effect.succeed([...new Set(asked)])
  return Effect.flatMap(readValue(exchange, maxBodyBytes), (sent) => {
    const given: unknown = isObject(sent) ? (sent["names"] ?? [sent["name"]]) : sent
    return Array.isArray(given) && given.length > 0 && given.every((name) => typeof name === "string")
      ? Effect.succeed([...new Set(given)])
      : Effect.fail(
          refused(400, `Files must be named by \`?name=\` or in the body: {"names": [...]}.`, "invalid_value")
        )
  })
}

const remove =
  (files: CredentialFiles, maxBodyBytes: number): ManagementHandler =>
  (exchange) =>
    Effect.gen(function* () {
      const all = ["true", "1", "*"].includes(new URLSearchParams(exchange.query).get("all") ?? "")
      const names = all
        ? [...new Set((yield* files.list).map(({ name }) => name))]
        : yield* namesToDelete(exchange, maxBodyBytes)
      yield* tell(
        exchange,
        "deleted",
        yield* each(
          names.map((name) => ({ name })),
          ({ name }) => files.remove(name)
        )
      )
    })

const change = (
  files: CredentialFiles,
  { answer }: Exchange,
  name: unknown,
  fields: Readonly<Record<string, unknown>>,
  more: object = {}
): Effect.Effect<void, Rejected> => {
  if (typeof name !== "string") return refused(400, "`name` must be the name of a file.", "invalid_value")
  return Effect.mapError(files.change(name, fields), fromFailure).pipe(
    Effect.map(() => answer.json(200, JSON.stringify({ status: "ok", ...more })))
  )
}

const changeStatus =
  (files: CredentialFiles, maxBodyBytes: number): ManagementHandler =>
  (exchange) =>
    Effect.flatMap(readObject(exchange, maxBodyBytes), ({ disabled, name }) =>
      typeof disabled === "boolean"
        ? change(files, exchange, name, { disabled }, { disabled })
        : refused(400, "`disabled` must be true or false.", "invalid_value")
    )

const changeFields =
  (files: CredentialFiles, maxBodyBytes: number): ManagementHandler =>
  (exchange) =>
    Effect.flatMap(readObject(exchange, maxBodyBytes), ({ name, ...fields }) => {
      const keys = Object.keys(fields)
      const nested = keys.find((key) => key.includes("."))
      if (nested !== undefined) {
        return refused(
          400,
          "Keys inside of others cannot be set one by one; send the outer one whole.",
          "invalid_value"
        )
      }
      return keys.length === 0
        ? refused(400, "The body must have a key to set besides `name`.", "invalid_value")
        : change(files, exchange, name, fields)
    })

/** The route of the management API that shows or changes credential files; `undefined` for any other. */
export const authFileRoute = (
  files: CredentialFiles,
  { method, path }: Exchange,
  maxBodyBytes: number
): ManagementHandler | undefined => {
  if (!path.startsWith(base)) return undefined
  switch (`${method} ${path.slice(base.length)}`) {
    case "GET ":
      return list(files)
    case "POST ":
      return upload(files, maxBodyBytes)
    case "DELETE ":
      return remove(files, maxBodyBytes)
    case "GET /models":
      return models(files)
    case "GET /download":
      return download(files)
    case "PATCH /status":
      return changeStatus(files, maxBodyBytes)
    case "PATCH /fields":
      return changeFields(files, maxBodyBytes)
    default:
      return undefined
  }
}
