import type { ProtocolName } from "../canonical/extensions.ts"
import { claudeClient, claudeProvider } from "../codecs/claude/codec.ts"
import type { ClientCodec, ProviderCodec } from "../codecs/codec.ts"
import { geminiClient, geminiProvider } from "../codecs/gemini/codec.ts"
import { openaiChatClient, openaiChatProvider } from "../codecs/openai-chat/codec.ts"
import { openaiResponsesClient } from "../codecs/openai-responses/codec.ts"
import type { ProviderProtocol } from "../provider/provider-protocol.ts"

/** The protocols that clients may speak, by name. */
export const clientCodecs: Readonly<Record<ProtocolName, ClientCodec>> = {
  openai: openaiChatClient,
  "openai-response": openaiResponsesClient,
  claude: claudeClient,
  gemini: geminiClient
}

/** The protocols that providers may speak, by name. */
export const providerCodecs: Readonly<Record<ProviderProtocol, ProviderCodec>> = {
  openai: openaiChatProvider,
  claude: claudeProvider,
  gemini: geminiProvider
}

/** The codec of a client's protocol; `undefined` for a format that only plugins know. */
export const clientCodec = (format: string): ClientCodec | undefined =>
  isProtocol(format) ? clientCodecs[format] : undefined

/** The codec of a provider's protocol; `undefined` for a format that only plugins know. */
export const providerCodec = (format: string): ProviderCodec | undefined =>
  isProviderProtocol(format) ? providerCodecs[format] : undefined

const isProtocol = (format: string): format is ProtocolName => Object.hasOwn(clientCodecs, format)

/** Whether a format is one that providers speak. */
export const isProviderProtocol = (format: string): format is ProviderProtocol => Object.hasOwn(providerCodecs, format)
