/** Source: the API's own error text, `tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`. */
export const isCallId = (id: string): boolean => /^[a-zA-Z0-9_-]+$/.test(id)

/** The ID of a call as Claude takes it, unlike all that are taken: the same ID gives the same in the same conversation. */
export const freeCallId = (id: string, taken: Set<string>): string => {
  const clean = id === "" ? "call" : id.replaceAll(/[^a-zA-Z0-9_-]/g, "_")
  let wireId = clean
  for (let count = 2; taken.has(wireId); count++) wireId = `${clean}_${count}`
  taken.add(wireId)
  return wireId
}
