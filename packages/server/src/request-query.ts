/** Parameters of a URL's query, percent-decoded, every value that was sent, in order. */
export const collectQuery = (query: string): Readonly<Record<string, ReadonlyArray<string>>> => {
  const parameters: Record<string, Array<string>> = Object.create(null)
  if (query === "") return parameters
  for (const [name, value] of new URLSearchParams(query)) {
    const values = parameters[name]
    if (values === undefined) parameters[name] = [value]
    else values.push(value)
  }
  return parameters
}
