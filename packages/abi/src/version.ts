/** Version of the C layer: the two function tables and the one exported symbol. Plugins with another version are refused. */
export const ABI_VERSION = 1

/**
 * The newest message schema that this host speaks, sent in every `plugin.register` and `plugin.reconfigure`.
 * A plugin written for a newer one is refused, because it may count on messages that this host doesn't send.
 */
export const HOST_SCHEMA_VERSION = 7

/** The oldest message schema. A registration that says 0, or nothing, means this one. */
export const MIN_SCHEMA_VERSION = 1

/** Name of the one C symbol that a plugin library exports. */
export const INIT_SYMBOL = "cliproxy_plugin_init"
