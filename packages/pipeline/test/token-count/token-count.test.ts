import { describe, expect, it } from "vitest"

import type { ImagePart, Part } from "../../src/canonical/part.ts"
import type { CanonicalRequest } from "../../src/canonical/request.ts"
import { countTokens } from "../../src/token-count/count-tokens.ts"
import { estimateTokens } from "../../src/token-count/estimate-tokens.ts"
import { imageTokens } from "../../src/token-count/image-tokens.ts"

const requestOf = (...parts: ReadonlyArray<Part>): CanonicalRequest => ({
  model: "m",
  stream: false,
  messages: [{ role: "user", parts }],
  tools: [],
  sampling: {},
  stop: []
})
const said = (text: string): CanonicalRequest => requestOf({ type: "text", text })

/** Tokens of a message and of the answer's head. */
const FRAME = 3 + 3

const file = (mediaType: string): Part => ({
  type: "file",
  source: { kind: "base64", mediaType, data: Buffer.from("tiktoken is great!").toString("base64") }
})

describe("countTokens", () => {
  it("counts as tiktoken does", async () => {
    // Source: https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken.
    expect(await countTokens(said("tiktoken is great!"), "gpt-4o")).toBe(FRAME + 6)
    expect(await countTokens(said("antidisestablishmentarianism"), "gpt-4")).toBe(FRAME + 6)
    expect(await countTokens(said("お誕生日おめでとう"), "gpt-4")).toBe(FRAME + 9)
    expect(await countTokens(said("お誕生日おめでとう"), "openai/gpt-4o-mini")).toBe(FRAME + 8)
  })

  it("takes what looks like a special token for text", async () => {
    expect(await countTokens(said("<|endoftext|>"), "gpt-4o")).toBeGreaterThan(FRAME + 1)
  })

  it("counts system prompts, calls, results, tools and schemas", async () => {
    const words = "tiktoken is great!"
    const bare = await countTokens(said(words), "m")
    const whole = await countTokens(
      {
        ...said(words),
        messages: [
          { role: "system", parts: [{ type: "text", text: words }] },
          ...said(words).messages,
          { role: "assistant", parts: [{ type: "tool_call", id: "a", name: "great", arguments: { words } }] },
          {
            role: "tool",
            parts: [{ type: "tool_result", callId: "a", content: [{ type: "text", text: words }] }]
          }
        ],
        tools: [{ type: "function", name: "great", description: words, parameters: { type: "object", title: words } }],
        responseFormat: { type: "json_schema", schema: { title: words } }
      },
      "m"
    )
    // Five more times the words, and everything around them.
    expect(whole).toBeGreaterThan(bare + 5 * 6 + 30)
    expect(whole).toBeLessThan(bare + 5 * 6 + 80)
  })

  it("counts a text that is cut for the tokenizer like one that is not", async () => {
    const sentence = "The quick brown fox jumps over the lazy dog near the old mill."
    const one = (await countTokens(said(sentence), "m")) - FRAME
    expect(await countTokens(said(Array.from({ length: 500 }, () => sentence).join(" ")), "m")).toBe(FRAME + 500 * one)
  })

  it("does not choke on one long word, and lets others run meanwhile", async () => {
    let turns = 0
    const watch = () => {
      turns++
      timer = setImmediate(watch)
    }
    let timer = setImmediate(watch)
    const counted = await countTokens(said("a".repeat(300_000)), "m")
    clearImmediate(timer)
    expect(counted).toBeGreaterThan(300_000 / 10)
    expect(turns).toBeGreaterThan(3)
  })

  it("gives up in the middle of a text that nobody wants to know about any more", async () => {
    await countTokens(said("loads the tokenizer"), "m")
    const gone = new AbortController()
    const counted = countTokens(said("some words ".repeat(100_000)), "m", gone.signal)
    // Its first turn is over by now, and some thirty are ahead.
    setImmediate(() => gone.abort(new Error("the client has gone")))
    await expect(counted).rejects.toThrow("the client has gone")
  })

  it("counts text files by their text, and other files by a constant", async () => {
    expect(await countTokens(requestOf(file("text/plain")), "gpt-4o")).toBe(FRAME + 6)
    expect(await countTokens(requestOf(file("application/pdf")), "gpt-4o")).toBe(FRAME + 1500)
  })
})

const png = (width: number, height: number): string => {
  const bytes = Buffer.alloc(33)
  bytes.write("\x89PNG\r\n\x1a\n", "latin1")
  bytes.writeUInt32BE(13, 8)
  bytes.write("IHDR", 12, "latin1")
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return bytes.toString("base64")
}

const jpeg = (width: number, height: number): string => {
  const exif = Buffer.concat([Buffer.from([0xff, 0xe1, 0x01, 0x02]), Buffer.alloc(0x100, 0xff)])
  const frame = Buffer.from([0xff, 0xc2, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3])
  return Buffer.concat([Buffer.from([0xff, 0xd8]), exif, Buffer.from([0xff]), frame]).toString("base64")
}

const gif = (width: number, height: number): string =>
  Buffer.concat([Buffer.from("GIF89a"), Buffer.from([width & 255, width >> 8, height & 255, height >> 8])]).toString(
    "base64"
  )

const image = (data: string, detail?: string): ImagePart => ({
  type: "image",
  source: { kind: "base64", mediaType: "image/png", data },
  detail
})

describe("imageTokens", () => {
  it("counts tiles as OpenAI's guide does", () => {
    // Source: https://platform.openai.com/docs/guides/images-vision, calculating costs.
    expect(imageTokens(image(png(1024, 1024), "high"))).toBe(765)
    expect(imageTokens(image(png(2048, 4096)))).toBe(1105)
    expect(imageTokens(image(png(4096, 8192), "low"))).toBe(85)
  })

  it("reads the sizes of PNG, JPEG and GIF", () => {
    for (const data of [png(512, 512), jpeg(512, 512), gif(512, 512)]) expect(imageTokens(image(data))).toBe(255)
  })

  it("takes what it cannot read for an image of middle size", () => {
    const broken = ["", "AAAA", png(0, 5), jpeg(9, 9).slice(0, 8), Buffer.from([0xff, 0xd8, 0xff]).toString("base64")]
    for (const data of broken) expect(imageTokens(image(data))).toBe(765)
    expect(imageTokens({ type: "image", source: { kind: "url", url: "https://example.com/a.png" } })).toBe(765)
  })
})

const CODE = `export const judgeStreamHead = (bytes: Buffer, whole: boolean): StreamHead => {
  let from = 0
  while (from < bytes.length) {
    const end = lineEnd(bytes, from)
    if (end === -1 && !whole) return "more"
    const line = bytes.toString("utf8", from, end === -1 ? bytes.length : end)
    if (line.startsWith("data:")) return readHiddenError(line.slice(5)) ?? "payload"
    from = end + 1
  }
  return whole ? emptyStream() : "more"
}`

const PARAMETERS = {
  type: "object",
  properties: {
    file_path: { type: "string", description: "The absolute path to the file to modify" },
    old_string: { type: "string", description: "The text to replace" },
    replace_all: { type: "boolean", default: false, description: "Replace all occurrences (default false)" }
  },
  required: ["file_path", "old_string"],
  additionalProperties: false
}

/** The first article of the Universal Declaration of Human Rights, mostly. */
const TEXTS: Readonly<Record<string, string>> = {
  English:
    "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience and should act towards one another in a spirit of brotherhood.",
  German:
    "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen einander im Geist der Brüderlichkeit begegnen.",
  French:
    "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience et doivent agir les uns envers les autres dans un esprit de fraternité.",
  Russian:
    "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны поступать в отношении друг друга в духе братства.",
  Greek: "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
  Arabic:
    "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميراً وعليهم أن يعامل بعضهم بعضاً بروح الإخاء.",
  Hindi: "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।",
  Chinese: "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。",
  Japanese:
    "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。",
  Korean:
    "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 부여받았으며 서로 형제애의 정신으로 행동하여야 한다.",
  emoji: "Deployed 🎉🚀 and it works 😀👍 nicely 🔥💯🙏",
  numbers: "3.14159 2.71828 1.41421 1.61803 299792458 6.02214",
  code: CODE
}

/** How far an estimate may be off. */
const FACTOR = 1.4

describe("estimateTokens", () => {
  const cases = Object.entries(TEXTS).map(([name, text]) => [name, said(text)] as const)
  const tools: CanonicalRequest = {
    ...said("Edit the file."),
    tools: [{ type: "function", name: "edit", description: "Performs exact replacements.", parameters: PARAMETERS }]
  }
  const shown = requestOf({ type: "text", text: "What is this?" }, image(png(1024, 1024)))

  for (const [name, request] of [...cases, ["tools", tools] as const, ["an image", shown] as const]) {
    it(`is right within a factor of ${FACTOR} for ${name}`, async () => {
      const counted = await countTokens(request, "gpt-4o")
      const estimated = estimateTokens(request)
      expect(estimated).toBeGreaterThan(counted / FACTOR)
      expect(estimated).toBeLessThan(counted * FACTOR)
    })
  }

  it("knows a request of nothing", () => {
    expect(estimateTokens({ ...said(""), messages: [] })).toBe(3)
  })
})
