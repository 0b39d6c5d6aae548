/**
 * Keys that CLIProxyAPI's configuration has and this proxy does not support yet. A file that comes from there should
 * load and say what it asks for in vain, rather than be refused.
 */
export const unsupportedKeys = {
  root: [
    "antigravity",
    "antigravity-signature-cache-bypass-strict",
    "antigravity-signature-cache-enabled",
    "auth-auto-refresh-workers",
    "claude-code",
    "claude-header-defaults",
    "codex",
    "codex-api-key",
    "codex-header-defaults",
    "commercial-mode",
    "credential-concurrency",
    "credential-in-flight",
    "disable-image-generation",
    "error-logs-max-files",
    "gpt-image-2-base-model",
    "interactions-api-key",
    "logging-to-file",
    "logs-max-total-size-mb",
    "nonstream-keepalive-interval",
    "oauth-excluded-models",
    "oauth-model-alias",
    "oauth-request-scoped-errors",
    "payload",
    "pprof",
    "quota-exceeded",
    "redis-usage-queue-retention-seconds",
    "request-log",
    "tls",
    "usage-statistics-enabled",
    "vertex-api-key",
    "video-result-auth-cache-ttl",
    "ws-auth",
    "xai",
    "xai-api-key"
  ],
  streaming: ["bootstrap-retries"],
  provider: ["support-prompt-cache-key"],
  keyProvider: ["cloak", "experimental-cch-signing"],
  model: ["image", "input-modalities", "is-compat", "output-modalities", "thinking"],
  plugins: ["store-auth", "store-sources"],
  management: ["disable-auto-update-panel", "disable-control-panel", "panel-github-repository"]
} as const
