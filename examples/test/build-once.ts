import { buildExamples } from "../build/build-examples.ts"

/** Builds the examples before the test files, which run side by side, ask for them. */
export const setup = async (): Promise<void> => {
  await buildExamples()
}
