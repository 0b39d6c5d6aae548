import type { Client } from "./client.ts"
import { aiClients } from "./clients/ai-sdk.ts"
import { anthropic } from "./clients/anthropic.ts"
import { googleGenAI } from "./clients/google-genai.ts"
import { openAIChat } from "./clients/openai-chat.ts"
import { openAIResponses } from "./clients/openai-responses.ts"

/** Every client of the matrix. */
export const clients: ReadonlyArray<Client> = [openAIChat, openAIResponses, anthropic, googleGenAI, ...aiClients]
