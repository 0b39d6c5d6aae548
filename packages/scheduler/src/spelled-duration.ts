const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `1s`, `6m0s`, `120ms`, `1h2m3.5s` in milliseconds, rounded up; `undefined` for any other text. */
export const spelledDurationMs = (text: string): number | undefined => {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    total += Number(amount) * (unitMs[unit ?? ""] ?? 0)
  }
  return Math.ceil(total)
}
