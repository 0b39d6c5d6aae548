import type { NativeTranslators } from "./translation-hooks.ts"

/**
 * The translators that the host has: OpenAI chat completions to themselves. A request stays as it is; of a stream's
 * line `data: {...}` the client's chunk is what stands behind the field name.
 */
export const nativeTranslators: NativeTranslators = {
  request: (from, to) => (from === "openai" && to === "openai" ? same : undefined),
  response: (from, to, stream) => (from === "openai" && to === "openai" ? (stream ? chunkOfLine : one) : undefined)
}

const same = (body: Buffer): Buffer => body

const one = (body: Buffer): ReadonlyArray<Buffer> => [body]

const FIELD = Buffer.from("data:")

const chunkOfLine = (line: Buffer): ReadonlyArray<Buffer> => {
  if (!line.subarray(0, FIELD.length).equals(FIELD)) return [line]
  const start = line[FIELD.length] === 0x20 ? FIELD.length + 1 : FIELD.length
  return start < line.length ? [line.subarray(start)] : []
}
