import type { ManagementRouteListing, PluginStatus } from "@cliproxy/pipeline"

/** A plugin's status as the management API writes it. */
export const pluginObject = (status: PluginStatus, routes: ReadonlyArray<ManagementRouteListing>) => ({
  id: status.id,
  state: status.state,
  problem: status.problem ?? null,
  priority: status.priority,
  isolation: status.isolation,
  path: status.path ?? null,
  file_version: status.fileVersion ?? null,
  metadata:
    status.metadata === undefined
      ? null
      : {
          name: status.metadata.Name,
          version: status.metadata.Version,
          author: status.metadata.Author,
          repository: status.metadata.GitHubRepository
        },
  schema_version: status.schemaVersion ?? null,
  capabilities: status.capabilities ?? [],
  pid: status.pid ?? null,
  in_flight: status.inFlight ?? 0,
  abandoned: status.abandoned ?? 0,
  routes: routes
    .filter(({ plugin }) => plugin === status.id)
    .map(({ description, kind, menu, method, path }) => ({ kind, method, path, menu, description }))
})
