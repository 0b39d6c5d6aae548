import { sign, signedContent } from "../signing.ts"
import type { Findings } from "../violation.ts"
import type { CountTokensBody } from "./claude-body.ts"

/** Where the provider has found a page: nobody else can write it. */
export const encryptedIndex = (url: string): string => sign("claude-search", url)

/**
 * Citations that come back are what this provider wrote.
 * Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool
 */
export const checkCitations = ({ messages }: CountTokensBody, { report }: Findings): void => {
  messages.forEach(({ content }, at) => {
    if (typeof content === "string") return
    content.forEach((block, index) => {
      if (block.type !== "text") return
      for (const { encrypted_index: encrypted, type, url } of block.citations ?? []) {
        if (type !== "web_search_result_location") continue
        if (typeof encrypted === "string" && signedContent("claude-search", encrypted) === url) continue
        report(["messages", at, "content", index], "Invalid `encrypted_index` in `web_search_result_location`")
      }
    })
  })
}
