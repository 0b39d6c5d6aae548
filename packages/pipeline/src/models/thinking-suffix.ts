/**
 * A model name with its thinking suffix taken off: `gpt-5(high)` is the model `gpt-5` with the suffix `high`.
 *
 * The suffix is the text in the last pair of parentheses, which must end the name and not be empty; it is a level or a
 * number of tokens. `suffix` is undefined when there is none. Source: plugin ABI, `scheduler.pick` (`Model`).
 */
export const splitThinkingSuffix = (model: string): { readonly model: string; readonly suffix: string | undefined } => {
  const open = model.lastIndexOf("(")
  if (open <= 0 || !model.endsWith(")") || open === model.length - 2) return { model, suffix: undefined }
  return { model: model.slice(0, open), suffix: model.slice(open + 1, -1) }
}
