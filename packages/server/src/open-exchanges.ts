import type { ServerResponse } from "node:http"

import type { Fiber } from "effect"

import type { HttpAnswer } from "./http-answer.ts"

/** A request whose answer is not finished, or whose fiber still clears up. */
export interface OpenExchange {
  readonly answer: HttpAnswer
  readonly response: ServerResponse
  readonly fiber: Fiber.Fiber<void>
}

/** The requests that are open, in no order. */
export interface OpenExchanges {
  readonly count: () => number
  readonly all: () => ReadonlyArray<OpenExchange>
  /** Adds one; what it gives takes it out again, and is to be called once. */
  readonly add: (exchange: OpenExchange) => () => void
}

interface Place {
  readonly exchange: OpenExchange
  index: number
}

/**
 * Makes an empty collection. An array and not a `Set`: a set that is added to and deleted from for ever makes itself a
 * new table again and again, and each old one refers to the next and to what was in it. Once the first of them is in
 * V8's old generation, all of these requests stay in memory until a full collection.
 */
export const makeOpenExchanges = (): OpenExchanges => {
  const places: Array<Place> = []
  const remove = ({ index }: Place): void => {
    const last = places.pop()
    if (last === undefined || last.index === index) return
    last.index = index
    places[index] = last
  }
  return {
    count: () => places.length,
    all: () => places.map(({ exchange }) => exchange),
    add: (exchange) => {
      const place: Place = { exchange, index: places.length }
      places.push(place)
      return () => remove(place)
    }
  }
}
