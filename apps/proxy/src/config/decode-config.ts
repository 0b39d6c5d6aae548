import { resolve } from "node:path"

import type { GatewaySettings } from "@cliproxy/pipeline"

import type { ConfigProblem } from "./config-problem.ts"
import { type ConfigFile, type Decoder, parseConfigFile, rootSection, type Section, section } from "./config-section.ts"
import { flag, folder, headerText, list, proxyUrl, text, wholeNumber } from "./config-values.ts"
import { management } from "./decode-management.ts"
import { plugins } from "./decode-plugins.ts"
import { decodeProviders } from "./decode-providers.ts"
import { defaultRouting, routing } from "./decode-routing.ts"
import { errorRules } from "./error-rules.ts"
import { defaultHost, defaultPort, type ProxyConfig } from "./proxy-config.ts"
import { requestRetry } from "./provider-fields.ts"
import { unsupportedKeys } from "./reference-keys.ts"
import { looksLikeSample } from "./sample-keys.ts"

/** What a file means, and everything that is wrong with it. */
export interface DecodedConfig {
  /** Absent when one of the problems is an error. */
  readonly config: ProxyConfig | undefined
  /** In the order of the file. */
  readonly problems: ReadonlyArray<ConfigProblem>
}

/** A day, in seconds: beyond it a wait is a slip of the unit. */
const day = 86_400

const streaming: Decoder<Pick<ProxyConfig, "keepAliveMs" | "writeTimeoutMs">> = (found, file) => {
  const fields = section(found, file)
  const keepAliveMs = (fields?.optional("keepalive-seconds", wholeNumber(0, day), 0) ?? 0) * 1000
  const writeTimeoutMs = (fields?.optional("write-timeout-seconds", wholeNumber(1, day), 300) ?? 300) * 1000
  fields?.end(unsupportedKeys.streaming)
  return { keepAliveMs, writeTimeoutMs }
}

/** Mebibytes are enough to say how much memory may be used. */
const responseMemory: Decoder<NonNullable<GatewaySettings["responseMemory"]>> = (found, file) => {
  const fields = section(found, file)
  const megabytes = fields?.optional("megabytes", wholeNumber(0, 1024 * 1024), 64) ?? 64
  const minutes = fields?.optional("minutes", wholeNumber(1, 31 * 24 * 60), 60) ?? 60
  fields?.end([])
  return { maxBytes: megabytes * 1024 * 1024, ttlMs: minutes * 60_000 }
}

const clientKey: Decoder<string> = (found, file) => {
  const key = headerText(found, file)
  if (key !== undefined && looksLikeSample(key)) {
    file.report("warning", found, "looks like a sample key, which strangers can guess; make up your own")
  }
  return key
}

/** What is said of failures for all providers alike. */
const failures = (root: Section): Partial<GatewaySettings> => {
  const disableCooling = root.optional("disable-cooling", flag, false)
  const transientSeconds = root.optional("transient-error-cooldown-seconds", wholeNumber(-1, day), 0)
  const rules = root.optional("request-scoped-errors", errorRules, [])
  return {
    ...(disableCooling ? { disableCooling } : {}),
    ...(transientSeconds === 0 ? {} : { transientCooldownMs: transientSeconds * 1000 }),
    ...(rules.length === 0 ? {} : { errorRules: rules })
  }
}

/**
 * Reads the text of a configuration file. It goes on after a problem, so that one run finds all of them.
 * Relative folders are relative to `cwd`.
 */
export const decodeConfig = (source: string, cwd: string): DecodedConfig => {
  const file = parseConfigFile(source)
  const root = rootSection(file)
  const syntaxBroken = file.document.errors.length > 0
  if (root === undefined || syntaxBroken) return { config: undefined, problems: inFileOrder(file) }

  const demo = root.optional("demo", flag, false)
  const authDir = root.optional<string | undefined>("auth-dir", folder(cwd), undefined)
  const pluginSettings = root.optional("plugins", plugins(cwd), {
    enabled: false,
    dir: resolve(cwd, "plugins"),
    allowNewerSchema: false,
    configs: new Map()
  })
  const othersMayServe = authDir !== undefined || pluginSettings.enabled
  const config: ProxyConfig = {
    host: root.optional("host", text, defaultHost),
    port: root.optional("port", wholeNumber(0, 65_535), defaultPort),
    apiKeys: root.optional("api-keys", list(clientKey), []),
    management: root.optional("remote-management", management, { secretKey: "", allowRemote: false }),
    debug: root.optional("debug", flag, false),
    demo,
    ...root.optional("streaming", streaming, { keepAliveMs: 0, writeTimeoutMs: 300_000 }),
    saveCooldownStatus: root.optional("save-cooldown-status", flag, true),
    stateFile: root.optional<string | undefined>("state-file", folder(cwd), undefined),
    traceHeader: root.optional("trace-header", flag, false),
    shutdownGraceMs: root.optional("shutdown-grace-seconds", wholeNumber(0, day), 30) * 1000,
    gateway: {
      ...root.optional("routing", routing, defaultRouting),
      requestRetry: root.optional("request-retry", requestRetry, 0),
      maxRetryCredentials: root.optional("max-retry-credentials", wholeNumber(0, 1_000_000), 0),
      maxRetryIntervalMs: root.optional("max-retry-interval", wholeNumber(0, day), 0) * 1000,
      ...failures(root),
      providers: decodeProviders(root, { demo, othersMayServe }, file),
      forceModelPrefix: root.optional("force-model-prefix", flag, false),
      responseMemory: root.optional<GatewaySettings["responseMemory"]>("response-memory", responseMemory, undefined),
      passthroughHeaders: root.optional("passthrough-headers", flag, false),
      authDir,
      proxyUrl: root.optional<string | undefined>("proxy-url", proxyUrl, undefined),
      plugins: pluginSettings
    }
  }
  root.end(unsupportedKeys.root)
  const broken = file.problems.some(({ severity }) => severity === "error")
  return { config: broken ? undefined : config, problems: inFileOrder(file) }
}

const inFileOrder = ({ problems }: ConfigFile): ReadonlyArray<ConfigProblem> =>
  problems.toSorted((left, right) => left.line - right.line || left.column - right.column)
