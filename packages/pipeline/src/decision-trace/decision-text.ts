import type { ChosenBy } from "@cliproxy/scheduler"

/** Who chose, in a few words: `round-robin`, `affinity`, `plugin quota-guard`, `fill-first for plugin quota-guard`. */
export const chosenByText = (chosenBy: ChosenBy): string => {
  switch (chosenBy._tag) {
    case "Builtin":
      return chosenBy.affinity === true ? "affinity" : chosenBy.strategy
    case "Plugin":
      return `plugin ${chosenBy.plugin}`
    case "Delegated":
      return `${chosenBy.strategy} for plugin ${chosenBy.plugin}`
  }
}
