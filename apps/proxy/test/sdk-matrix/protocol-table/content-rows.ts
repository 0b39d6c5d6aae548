import { squarePng } from "../png.ts"
import { changed, dropped, kept } from "./outcome.ts"
import { LOOK, LOOK_SCHEMA, looked, type RequestRow } from "./request-row.ts"

const png = squarePng(4, [9, 9, 9])
const pngUrl = `data:image/png;base64,${png}`
const web = "https://images.test/a.png"
const pdf = Buffer.from("%PDF-1.4").toString("base64")
const pdfUrl = `data:application/pdf;base64,${pdf}`

const openAIParts = (...content: ReadonlyArray<unknown>) => ({ messages: [{ role: "user", content }] })
const responsesParts = (...content: ReadonlyArray<unknown>) => ({ input: [{ role: "user", content }] })
const geminiParts = (...parts: ReadonlyArray<unknown>) => ({ contents: [{ role: "user", parts }] })

const reminder = "a `<system-reminder>` in the user's turn: only the head of the conversation holds instructions"
const unknownKeywords = "without the keywords of JSON Schema that Gemini does not take"

/** What a conversation consists of. */
export const contentRows: ReadonlyArray<RequestRow> = [
  {
    feature: "Instructions at the head",
    ask: {
      openai: {
        messages: [
          { role: "system", content: "S" },
          { role: "user", content: "Hi" }
        ]
      },
      "openai-response": { instructions: "S" },
      claude: { system: "S" },
      gemini: { systemInstruction: { parts: [{ text: "S" }] } }
    },
    arrives: {
      openai: kept("messages.0", { role: "system", content: "S" }),
      claude: kept("system.0.text", "S"),
      gemini: kept("systemInstruction.parts.0.text", "S")
    }
  },
  {
    feature: "Instructions in the middle",
    ask: {
      openai: {
        messages: [
          { role: "user", content: "1" },
          { role: "assistant", content: "2" },
          { role: "developer", content: "B" },
          { role: "user", content: "3" }
        ]
      },
      "openai-response": {
        input: [
          { role: "user", content: "1" },
          { role: "assistant", content: "2" },
          { role: "developer", content: "B" },
          { role: "user", content: "3" }
        ]
      }
    },
    arrives: {
      openai: kept("messages.2", { role: "developer", content: "B" }),
      claude: changed(reminder, "messages.2.content.0.text", "<system-reminder>\nB\n</system-reminder>"),
      gemini: changed(reminder, "contents.2.parts.0.text", "<system-reminder>\nB\n</system-reminder>")
    }
  },
  {
    feature: "Image, as bytes",
    ask: {
      openai: openAIParts({ type: "image_url", image_url: { url: pngUrl } }),
      "openai-response": responsesParts({ type: "input_image", image_url: pngUrl, detail: "auto" }),
      claude: openAIParts({ type: "image", source: { type: "base64", media_type: "image/png", data: png } }),
      gemini: geminiParts({ inlineData: { mimeType: "image/png", data: png } })
    },
    arrives: {
      openai: kept("messages.0.content.0.image_url.url", pngUrl),
      claude: kept("messages.0.content.0.source", { type: "base64", media_type: "image/png", data: png }),
      gemini: kept("contents.0.parts.0.inlineData", { mimeType: "image/png", data: png })
    }
  },
  {
    feature: "Image, as an address",
    ask: {
      openai: openAIParts({ type: "image_url", image_url: { url: web } }),
      "openai-response": responsesParts({ type: "input_image", image_url: web, detail: "auto" }),
      claude: openAIParts({ type: "image", source: { type: "url", url: web } }),
      gemini: geminiParts({ fileData: { fileUri: web, mimeType: "image/png" } })
    },
    arrives: {
      openai: kept("messages.0.content.0.image_url.url", web),
      claude: kept("messages.0.content.0.source", { type: "url", url: web }),
      gemini: kept("contents.0.parts.0.fileData", { fileUri: web, mimeType: "image/png" })
    }
  },
  {
    feature: "Detail in which an image is seen",
    ask: {
      openai: openAIParts({ type: "image_url", image_url: { url: web, detail: "low" } }),
      "openai-response": responsesParts({ type: "input_image", image_url: web, detail: "low" })
    },
    arrives: {
      openai: kept("messages.0.content.0.image_url.detail", "low"),
      claude: dropped("has no such choice", "messages.0.content.0.detail"),
      gemini: dropped("has it for whole requests only", "contents.0.parts.0.mediaResolution")
    }
  },
  {
    feature: "PDF",
    ask: {
      openai: openAIParts({ type: "file", file: { filename: "a.pdf", file_data: pdfUrl } }),
      "openai-response": responsesParts({ type: "input_file", filename: "a.pdf", file_data: pdfUrl }),
      claude: openAIParts({
        type: "document",
        source: { type: "base64", media_type: "application/pdf", data: pdf }
      }),
      gemini: geminiParts({ inlineData: { mimeType: "application/pdf", data: pdf } })
    },
    arrives: {
      openai: kept("messages.0.content.0.file.file_data", pdfUrl),
      claude: kept("messages.0.content.0.source.data", pdf),
      gemini: kept("contents.0.parts.0.inlineData", { mimeType: "application/pdf", data: pdf })
    }
  },
  {
    feature: "Audio",
    ask: {
      openai: openAIParts({ type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } }),
      gemini: geminiParts({ inlineData: { mimeType: "audio/wav", data: "UklGRg==" } })
    },
    arrives: {
      openai: kept("messages.0.content.0.input_audio", { data: "UklGRg==", format: "wav" }),
      claude: dropped("cannot hear; a line of text says what was left out", "messages.0.content.0.source"),
      gemini: kept("contents.0.parts.0.inlineData", { mimeType: "audio/wav", data: "UklGRg==" })
    }
  },
  {
    feature: "Schema of a tool",
    ask: LOOK,
    arrives: {
      openai: kept("tools.0.function.parameters", LOOK_SCHEMA),
      claude: kept("tools.0.input_schema", LOOK_SCHEMA),
      gemini: changed(
        unknownKeywords,
        "tools.0.functionDeclarations.0.parametersJsonSchema.additionalProperties",
        undefined
      )
    }
  },
  {
    feature: "Strict schema of a tool",
    ask: {
      openai: {
        tools: [{ type: "function", function: { name: "look", parameters: LOOK_SCHEMA, strict: true } }]
      },
      "openai-response": { tools: [{ type: "function", name: "look", parameters: LOOK_SCHEMA, strict: true }] },
      claude: { tools: [{ name: "look", input_schema: LOOK_SCHEMA, strict: true }] }
    },
    arrives: {
      openai: kept("tools.0.function.strict", true),
      claude: kept("tools.0.strict", true),
      gemini: dropped("has no such promise", "tools.0.functionDeclarations.0.strict")
    }
  },
  {
    feature: "ID of a call",
    ask: looked({
      openai: "x",
      responses: "x",
      claude: { content: "x" },
      gemini: { response: { output: "x" } }
    }),
    arrives: {
      openai: kept("messages.2.tool_call_id", "call_1"),
      claude: kept("messages.2.content.0.tool_use_id", "call_1"),
      gemini: kept("contents.2.parts.0.functionResponse.id", "call_1")
    }
  },
  {
    feature: "Failure of a tool",
    ask: looked({ claude: { content: "bad", is_error: true }, gemini: { response: { error: "bad" } } }),
    arrives: {
      openai: dropped("has no field for it; the text is kept", "messages.2.is_error"),
      claude: kept("messages.2.content.0.is_error", true),
      gemini: kept("contents.2.parts.0.functionResponse.response", { error: "bad" })
    }
  },
  {
    feature: "Image in a tool's result",
    ask: looked({
      responses: [
        { type: "input_text", text: "t" },
        { type: "input_image", image_url: pngUrl, detail: "auto" }
      ],
      claude: {
        content: [
          { type: "text", text: "t" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: png } }
        ]
      },
      gemini: { response: { output: "t" }, parts: [{ inlineData: { mimeType: "image/png", data: png } }] }
    }),
    arrives: {
      openai: changed("in a message of the user behind the results", "messages.3.content.1.image_url.url", pngUrl),
      claude: kept("messages.2.content.0.content.1.source.data", png),
      gemini: kept("contents.2.parts.0.functionResponse.parts.0.inlineData.data", png)
    }
  }
]
