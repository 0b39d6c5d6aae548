import type { ManagementRouteListing, PluginStatus } from "@cliproxy/pipeline"

type Metadata = NonNullable<PluginStatus["metadata"]>

/** Settings that a plugin offers to management pages. */
const configFields = (metadata: Metadata | undefined) =>
  (metadata?.ConfigFields ?? []).map(({ Description, EnumValues, Name, Type }) => ({
    name: Name,
    type: Type,
    enum_values: EnumValues,
    description: Description
  }))

const metadataObject = (metadata: Metadata) => ({
  name: metadata.Name,
  version: metadata.Version,
  author: metadata.Author,
  repository: metadata.GitHubRepository,
  github_repository: metadata.GitHubRepository,
  logo: metadata.Logo,
  config_fields: configFields(metadata)
})

/**
 * A plugin's status as the management API writes it. `configured` to `menus` say what is said before in the words of
 * CLIProxyAPI, for its panels.
 */
export const pluginObject = (status: PluginStatus, all: ReadonlyArray<ManagementRouteListing>) => {
  const active = status.state === "active"
  const routes = all.filter(({ plugin }) => plugin === status.id)
  return {
    id: status.id,
    state: status.state,
    problem: status.problem ?? null,
    priority: status.priority,
    isolation: status.isolation,
    path: status.path ?? null,
    file_version: status.fileVersion ?? null,
    metadata: status.metadata === undefined ? null : metadataObject(status.metadata),
    schema_version: status.schemaVersion ?? null,
    capabilities: status.capabilities ?? [],
    pid: status.pid ?? null,
    in_flight: status.inFlight ?? 0,
    abandoned: status.abandoned ?? 0,
    routes: routes.map(({ description, kind, menu, method, path }) => ({ kind, method, path, menu, description })),
    configured: true,
    registered: active,
    enabled: status.enabled,
    effective_enabled: active,
    supports_oauth: status.capabilities?.includes("auth_provider") ?? false,
    logo: status.metadata?.Logo ?? "",
    config_fields: configFields(status.metadata),
    menus: routes.filter(({ menu }) => menu !== "").map(({ description, menu, path }) => ({ path, menu, description }))
  }
}
