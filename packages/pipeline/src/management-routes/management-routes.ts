import {
  isResource,
  MANAGEMENT_BASE_PATH,
  managementBodyIsRaw,
  managementHandle,
  managementRegister,
  type ManagementRegistrationResponse,
  readManagementRoute,
  resourceBasePath,
  resourcePath,
  schemaVersionOf,
  statusOrOk,
  trimSpace
} from "@cliproxy/abi"
import { Effect, Result, Schema } from "effect"

import { callCapability, currentPlugin } from "../plugin-executor/call-capability.ts"
import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { CallbackScopes } from "../plugin-host/callback-scopes.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"
import { escapeJsonTexts } from "./escape-json-texts.ts"

/** `api`: behind the management key. `page`: browsers may open it without one, by `GET`. */
export type ManagementRouteKind = "api" | "page"

/** A route that a plugin serves. Matched exactly, in this case. */
export interface ManagementRouteListing {
  readonly kind: ManagementRouteKind
  /** ID of the plugin. */
  readonly plugin: string
  readonly method: string
  /** Full path of the URL. */
  readonly path: string
  /** Label for a menu; empty: not in the menu. */
  readonly menu: string
  /** Text for people. */
  readonly description: string
}

/** A request to a route of a plugin. */
export interface ManagementCall {
  /** UUID of the request. */
  readonly id: string
  readonly method: string
  /** Full path of the URL. */
  readonly path: string
  /** Canonical header names to values, without the management key. */
  readonly headers: Readonly<Record<string, ReadonlyArray<string>>>
  /** The URL's query, percent-decoded. */
  readonly query: Readonly<Record<string, ReadonlyArray<string>>>
  /** Nothing for pages. */
  readonly body: Uint8Array
}

/** What a plugin answers. */
export interface ManagementAnswer {
  /** As the plugin gave it, 200 for none. It may be no status at all. */
  readonly status: number
  readonly headers: Readonly<Record<string, ReadonlyArray<string>>>
  readonly body: Uint8Array
}

/** A plugin did not answer a request to one of its routes. The message is for the log; it may quote the plugin. */
export class ManagementHandlerFailed extends Schema.TaggedError<ManagementHandlerFailed>()("ManagementHandlerFailed", {
  message: Schema.String
}) {}

/** A route and what serves it. */
export interface ManagementRoute extends ManagementRouteListing {
  readonly handle: (call: ManagementCall) => Effect.Effect<ManagementAnswer, ManagementHandlerFailed>
}

/** Routes and pages of plugins. Source: plugin ABI, management. */
export interface ManagementRoutes {
  /**
   * Asks the active plugins for their routes, and makes the table anew; to be run after each configuration pass. What
   * is not valid, or was declared by a plugin of higher priority, is left out and logged.
   */
  readonly collect: Effect.Effect<void>
  /** The route of this method and path, while its plugin is active. */
  readonly find: (method: string, path: string) => ManagementRoute | undefined
  /** All routes of plugins that are active, in priority order. */
  readonly list: () => ReadonlyArray<ManagementRouteListing>
}

/** How long a plugin may take to list its routes, in milliseconds. */
const REGISTER_DEADLINE_MS = 5_000

/** How long a plugin may take to answer a request, in milliseconds: a person waits, perhaps for a report. */
const HANDLE_DEADLINE_MS = 60_000

interface Entry extends ManagementRouteListing {
  readonly owner: ActivePlugin
}

const keyOf = (method: string, path: string): string => `${method} ${path}`

/** Makes the part of the gateway that serves plugins' routes. There are none until `collect` has run. */
export const makeManagementRoutes = (
  plugins: Pick<PluginHost, "active" | "fuse">,
  scopes: CallbackScopes
): ManagementRoutes => {
  let table: ReadonlyMap<string, Entry> = new Map()

  const register = (plugin: ActivePlugin): Effect.Effect<ManagementRegistrationResponse> => {
    const request = {
      Plugin: plugin.registration.metadata,
      BasePath: MANAGEMENT_BASE_PATH,
      ResourceBasePath: resourceBasePath(plugin.id)
    }
    return callCapability(plugins, plugin, managementRegister, request, { deadlineMs: REGISTER_DEADLINE_MS }).pipe(
      Effect.catch((error) =>
        Effect.as(Effect.logWarning(`plugin ${plugin.id} did not list its management routes: ${error.message}`), {
          routes: [],
          resources: []
        })
      )
    )
  }

  const collect = Effect.gen(function* () {
    const declaring = plugins.active().filter(({ registration }) => registration.capabilities.management_api)
    const answers = yield* Effect.forEach(declaring, register, { concurrency: "unbounded" })
    const next = new Map<string, Entry>()
    for (const [index, owner] of declaring.entries()) {
      for (const declared of declaredBy(owner, answers[index] ?? { routes: [], resources: [] })) {
        const key = Result.map(declared.key, ({ method, path }) => keyOf(method, path))
        const problem = Result.isFailure(key)
          ? key.failure
          : next.has(key.success)
            ? `${next.get(key.success)?.plugin} has it already`
            : undefined
        if (problem !== undefined || Result.isFailure(declared.key) || Result.isFailure(key)) {
          yield* Effect.logWarning(
            `plugin ${owner.id}: the ${declared.kind} route ${JSON.stringify(declared.written)} is left out: ${problem}`
          )
        } else {
          const { description, kind, menu } = declared
          next.set(key.success, { owner, plugin: owner.id, kind, menu, description, ...declared.key.success })
        }
      }
    }
    table = next
  })

  const handle = (entry: Entry, owner: ActivePlugin, call: ManagementCall) =>
    Effect.suspend(() => {
      const ended = new AbortController()
      const { body, headers, id, method, path, query } = call
      const scope = scopes.open({ plugin: owner.id, request: { id, headers, query }, signal: ended.signal })
      const request = {
        Method: method,
        Path: path,
        Headers: headers,
        Query: query,
        Body: body,
        host_callback_id: scope.id
      }
      return callCapability(plugins, owner, managementHandle, request, { deadlineMs: HANDLE_DEADLINE_MS }).pipe(
        Effect.onExit(() =>
          Effect.sync(() => {
            scope.close()
            ended.abort()
          })
        ),
        Effect.map(({ Body, Headers, StatusCode }): ManagementAnswer => {
          const raw = entry.kind === "page" || managementBodyIsRaw(schemaVersionOf(owner.registration))
          const type = Object.entries(Headers).find(([name]) => name.toLowerCase() === "content-type")?.[1]
          return {
            status: statusOrOk(StatusCode),
            headers: Headers,
            body: raw ? Body : escapeJsonTexts(type?.[0] ?? "", Body)
          }
        }),
        Effect.mapError((error) => new ManagementHandlerFailed({ message: error.message }))
      )
    })

  return {
    collect,
    find: (method, path) => {
      const entry = table.get(keyOf(method, path))
      const owner = entry === undefined ? undefined : currentPlugin(plugins, entry.owner)
      return entry === undefined || owner === undefined
        ? undefined
        : { ...listingOf(entry), handle: (call) => handle(entry, owner, call) }
    },
    list: () => [...table.values()].filter(({ owner }) => currentPlugin(plugins, owner) !== undefined).map(listingOf)
  }
}

const listingOf = ({ description, kind, menu, method, path, plugin }: Entry): ManagementRouteListing => ({
  kind,
  plugin,
  method,
  path,
  menu,
  description
})

interface Declared {
  readonly kind: ManagementRouteKind
  /** As the plugin wrote it, for the log. */
  readonly written: string
  readonly key: Result.Result<{ readonly method: string; readonly path: string }, string>
  readonly menu: string
  readonly description: string
}

/** A plugin's routes in the order in which they stand; a `GET` route with a label for the menu is a page. */
const declaredBy = (
  { id }: ActivePlugin,
  { resources, routes }: ManagementRegistrationResponse
): ReadonlyArray<Declared> => {
  const page = (path: string) => Result.map(resourcePath(id, path), (full) => ({ method: "GET", path: full }))
  return [
    ...routes.map((route): Declared => {
      const asPage = isResource(route)
      return {
        kind: asPage ? "page" : "api",
        written: route.Path,
        key: asPage ? page(route.Path) : readManagementRoute(route),
        menu: trimSpace(route.Menu),
        description: route.Description
      }
    }),
    ...resources.map((resource): Declared => ({
      kind: "page",
      written: resource.Path,
      key: page(resource.Path),
      menu: trimSpace(resource.Menu),
      description: resource.Description
    }))
  ]
}
