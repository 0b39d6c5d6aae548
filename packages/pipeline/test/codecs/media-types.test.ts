import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import type { JsonObject } from "../../src/canonical/json.ts"
import { decodeStopReason } from "../../src/codecs/gemini/stop-reasons.ts"
import { endingOfMediaType, mediaTypeOfName } from "../../src/codecs/media-types.ts"
import { audioFormatOf, nameOfMediaType } from "../../src/codecs/openai-chat/media-types.ts"
import { clientCodecs, providerCodecs } from "../../src/translate/codecs.ts"
import { makeTranslationContext } from "../../src/translate/translation-context.ts"

/** A request of one protocol as Gemini gets it. */
const atGemini = (protocol: keyof typeof clientCodecs, json: JsonObject): string => {
  const request = Result.getOrThrow(clientCodecs[protocol].decodeRequest(json, { model: "m", stream: false }))
  return JSON.stringify(providerCodecs.gemini.encodeRequest(request, makeTranslationContext(request, "gemini-3", 0)))
}

describe("the media type of a name", () => {
  it("is that of its ending, in any case, whatever a URL has behind it", () => {
    assert.strictEqual(mediaTypeOfName("https://h/a.b/c.PNG?x=y.pdf#z.txt"), "image/png")
    assert.strictEqual(mediaTypeOfName("song.mp3"), "audio/mpeg")
    for (const name of ["", "pdf.", "a.unknown", "constructor"]) assert.isUndefined(mediaTypeOfName(name), name)
  })

  it("has the ending that is used most", () => {
    assert.strictEqual(endingOfMediaType("image/jpeg"), "jpg")
    assert.strictEqual(nameOfMediaType("text/markdown"), "file.md")
    assert.strictEqual(nameOfMediaType("x/y"), "file.pdf")
    assert.strictEqual(nameOfMediaType(undefined), "file.pdf")
  })
})

describe("a word of somebody else", () => {
  it("is not looked up among what every object has", () => {
    for (const name of ["constructor", "__proto__", "toString"]) {
      assert.isUndefined(mediaTypeOfName(`x.${name}`))
      assert.strictEqual(audioFormatOf(name), name)
      assert.strictEqual(decodeStopReason(name, false), "stop")
      const file = { type: "file", file: { filename: `x.${name}`, file_data: "aGk=" } }
      assert.include(atGemini("openai", { messages: [{ role: "user", content: [file] }] }), "application/pdf")
      const fileData = { fileUri: `https://h/x.${name}` }
      assert.include(
        atGemini("gemini", { contents: [{ role: "user", parts: [{ fileData }] }] }),
        JSON.stringify({ fileData })
      )
    }
  })
})
