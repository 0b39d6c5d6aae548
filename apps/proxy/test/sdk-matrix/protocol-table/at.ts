/** The value at a path such as `messages.0.content.1.text`, where a part `-1` is the last; `undefined` for none. */
export const at = (value: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((inner, part) => {
    if (Array.isArray(inner)) return inner.at(Number(part)) as unknown
    return typeof inner === "object" && inner !== null ? (inner as Readonly<Record<string, unknown>>)[part] : undefined
  }, value)
