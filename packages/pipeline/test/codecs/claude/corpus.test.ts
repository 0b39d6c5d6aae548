import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import type { ClientError } from "../../../src/canonical/client-error.ts"
import type { JsonObject } from "../../../src/canonical/json.ts"
import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import type { CanonicalResponse } from "../../../src/canonical/response.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { claudeClient, claudeProvider } from "../../../src/codecs/claude/codec.ts"
import { contextOf, decoded, encoded, encodedResponse, eventsOf, jsonOf } from "./context.ts"
import { casesIn, fixture, stream } from "./fixture-files.ts"
import { accumulated, thrownFor } from "./official-sdk.ts"

interface RequestCase {
  /** As a client sends it. */
  readonly wire: JsonObject & { readonly model: string; readonly stream?: boolean }
  readonly canonical: CanonicalRequest
  /** As it goes to the model. */
  readonly written: JsonObject
}

describe("requests of the reference", () => {
  for (const name of casesIn("requests")) {
    const { canonical, wire, written } = fixture(`requests/${name}`) as RequestCase

    it(`reads ${name}`, () => {
      const read = claudeClient.decodeRequest(wire, { model: wire.model, stream: wire.stream === true })
      assert.deepStrictEqual(jsonOf(Result.getOrThrow(read)), jsonOf(canonical))
    })

    it(`writes ${name} for Claude`, () => {
      assert.deepStrictEqual(jsonOf(claudeProvider.encodeRequest(canonical, contextOf(wire.model, canonical))), written)
    })
  }
})

interface ResponseCase {
  readonly wire: JsonObject
  readonly canonical: CanonicalResponse
}

describe("answers of the reference", () => {
  for (const name of casesIn("responses")) {
    const { canonical, wire } = fixture(`responses/${name}`) as ResponseCase

    it(`reads ${name}`, () => {
      assert.deepStrictEqual(jsonOf(claudeProvider.decodeResponse(wire, contextOf())), jsonOf(canonical))
    })

    it(`writes ${name} as it was`, () => {
      assert.deepStrictEqual(encodedResponse(canonical), wire)
    })
  }
})

interface StreamCase {
  readonly events: ReadonlyArray<StreamEvent>
  /** What the official SDK makes of what a client gets. */
  readonly message: JsonObject
}

describe("streams of the reference", () => {
  for (const name of casesIn("streams")) {
    const { events, message } = fixture(`streams/${name}`) as StreamCase

    it(`reads ${name}`, () => {
      assert.deepStrictEqual(jsonOf(decoded(eventsOf(stream(name)))), jsonOf(events))
    })

    it(`gives a client of ${name} the message that the official SDK expects`, async () => {
      assert.deepStrictEqual(await accumulated(encoded(events)), message)
    })

    it(`gives ${name} the same whether it is streamed or whole`, async () => {
      // What the SDK makes of Claude's own stream is the whole answer that Claude would have given.
      const whole = await accumulated(stream(name))
      assert.deepStrictEqual(encodedResponse(claudeProvider.decodeResponse(whole, contextOf())), message)
    })
  }
})

interface ErrorCase {
  readonly status: number
  readonly body: { readonly error: { readonly type: string; readonly message: string } }
}

describe("errors of the reference", () => {
  for (const { body, status } of fixture("errors") as ReadonlyArray<ErrorCase>) {
    const { message, type } = body.error

    it(`reads ${type}`, () => {
      assert.deepInclude(claudeProvider.decodeError(body), { message, type, status })
    })

    it(`writes ${status} as ${type}, whatever the provider called it`, async () => {
      const error: ClientError = { status, message, type: "server_error", code: "x", param: null }
      const written = claudeClient.encodeError(error)
      assert.deepStrictEqual(jsonOf(written), { type: "error", error: { type, message } })
      assert.deepInclude(jsonOf(await thrownFor(status, written)), { status, type })
    })
  }
})
