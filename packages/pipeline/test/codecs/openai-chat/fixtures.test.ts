import { Result } from "effect"
import { describe, expect, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import type { CanonicalResponse } from "../../../src/canonical/response.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import type { ProviderErrorFields } from "../../../src/codecs/codec.ts"
import { openaiChatClient, openaiChatProvider } from "../../../src/codecs/openai-chat/codec.ts"
import { fixtureNames, overTheWire, readEvents, readFixture } from "./fixtures.ts"
import { testContext } from "./test-context.ts"

interface RequestFixture {
  readonly about: string
  readonly wire: JsonObject
  readonly canonical: CanonicalRequest
  /** What a provider gets; `same` as the client wrote. */
  readonly written: JsonObject | "same"
}

describe("requests", () => {
  for (const name of fixtureNames("requests", ".json")) {
    const { about, wire, canonical, written } = readFixture(`requests/${name}.json`) as RequestFixture
    const model = wire["model"] as string

    it(`reads: ${about}`, () => {
      const request = openaiChatClient.decodeRequest(wire, { model, stream: wire["stream"] === true })
      expect(Result.getOrThrow(request)).toEqual(canonical)
    })

    it(`writes: ${about}`, () => {
      const body = openaiChatProvider.encodeRequest(canonical, testContext(model))
      expect(overTheWire(body)).toEqual(written === "same" ? wire : written)
    })
  }
})

interface ResponseFixture {
  readonly about: string
  readonly wire: JsonObject
  readonly canonical: CanonicalResponse
  readonly written: JsonObject | "same"
}

describe("responses", () => {
  for (const { about, wire, canonical, written } of readFixture(
    "responses/whole.json"
  ) as ReadonlyArray<ResponseFixture>) {
    it(`reads: ${about}`, () => {
      expect(openaiChatProvider.decodeResponse(wire, testContext())).toEqual(canonical)
    })

    it(`writes: ${about}`, () => {
      const body = openaiChatClient.encodeResponse(canonical, testContext())
      expect(overTheWire(body)).toEqual(written === "same" ? wire : written)
    })
  }
})

interface StreamFixture {
  readonly about: string
  readonly events: ReadonlyArray<StreamEvent>
}

describe("streams", () => {
  for (const name of fixtureNames("streams", ".sse")) {
    const { about, events } = readFixture(`streams/${name}.json`) as StreamFixture
    it(`reads: ${about}`, () => {
      const decoder = openaiChatProvider.makeStreamDecoder(testContext())
      const seen: Array<StreamEvent> = []
      for (const data of readEvents(`streams/${name}.sse`)) decoder.push(data, (event) => seen.push(event))
      decoder.end((event) => seen.push(event))
      expect(seen).toEqual(events)
    })
  }
})

interface ErrorFixture {
  readonly about: string
  readonly wire: unknown
  readonly fields: Partial<ProviderErrorFields> | null
}

describe("errors", () => {
  for (const { about, wire, fields } of readFixture("errors.json") as ReadonlyArray<ErrorFixture>) {
    it(`reads: ${about}`, () => {
      expect(openaiChatProvider.decodeError(wire) ?? null).toEqual(fields)
    })
  }
})
