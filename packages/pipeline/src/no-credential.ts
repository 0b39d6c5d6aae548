import type { NoCandidateAvailable, PickRequest } from "@cliproxy/scheduler"

import { NoCredential } from "./gateway-error.ts"

/** 429 when a rate limit is all that is in the way, 503 otherwise. Counts only: IDs are for the log, not for clients. */
export const noCredential = (
  error: NoCandidateAvailable,
  { model, providers }: Pick<PickRequest, "model" | "providers">,
  now: number
): NoCredential => {
  const { total, disabled, tried, rateLimited, resting } = error.census
  const counts = [
    [rateLimited, "rate-limited"],
    [resting, "resting after failures"],
    [tried, "already tried"],
    [disabled, "disabled"]
  ] as const
  const why = counts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(", ")
  const retryAfterMs = error.retryAt === undefined ? undefined : Math.max(0, error.retryAt - now)
  const back = retryAfterMs === undefined ? "" : ` The first is back in ${Math.ceil(retryAfterMs / 1000)} s.`
  const cooling = error.reason === "cooling"
  return new NoCredential({
    message:
      `No credential can serve \`${model}\` now (providers: ${providers.join(", ")}): ` +
      `of ${total}, ${why || "none is usable"}.${back}`,
    status: cooling ? 429 : 503,
    code: cooling ? "model_cooldown" : "auth_unavailable",
    ...(retryAfterMs === undefined ? {} : { retryAfterMs })
  })
}
