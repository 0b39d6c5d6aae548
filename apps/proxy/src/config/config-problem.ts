/** Something in a configuration file that its author should know. */
export interface ConfigProblem {
  /** An error makes the whole file unusable; a warning does not. */
  readonly severity: "error" | "warning"
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** Where in the tree, such as `openai-compatibility[0].base-url`; empty for the whole file. */
  readonly path: string
  /** What is wrong and, where it helps, what would be right. Never holds a value that could be secret. */
  readonly message: string
}

/** `FILE:LINE:COLUMN: SEVERITY: PATH: MESSAGE`, the form that editors and terminals make clickable. */
export const formatProblem = (file: string, { severity, line, column, path, message }: ConfigProblem): string =>
  `${file}:${line}:${column}: ${severity}: ${path === "" ? "" : `${path}: `}${message}`
