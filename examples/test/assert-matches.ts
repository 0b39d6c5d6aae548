import { expect } from "vitest"

/** Asserts that everything in `expected` is in `actual`, which may hold more fields. */
export const assertMatches = (actual: unknown, expected: object): void => {
  expect(actual).toMatchObject(expected)
}
