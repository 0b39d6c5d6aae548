/** What becomes of servers that take less, or say it otherwise, than the three that the tables are about. */
const SERVERS = `## Servers that are only like OpenAI's or Claude's

What a server takes goes by the name of the model. For models that are not OpenAI's, when a request is translated:

- All instructions at the head are one message, and later ones a \`<system-reminder>\` in the user's turn: many chat
  templates take them at the head alone.
- Mistral's models get IDs of calls of nine letters and digits, and a line of the assistant's between the results of tools
  and the user's next words. Moonshot's and DeepSeek's get a thought with each call, with a word in its place when the
  thought is not known.
- Thoughts go as \`reasoning_content\`; a detail of images above \`high\` goes as \`high\`; a tool is declared once.
- The line with which Claude Code begins its instructions for Anthropic's accounts is left out wherever the model is not
  Claude: it differs from request to request, and would keep the rest of the prompt out of every cache.
- What it writes for the newest models goes to older ones of Claude's as those take it: instructions between the messages
  as reminders, thinking without a budget with the budget of its effort. It takes an alias for a new model.

Streams are read with comments, byte-order marks and any line ends; without a role, an index, an ID, a name, a finish
reason or \`[DONE]\`; with the usage in any place that a provider has it; with calls that share an index or are open side by
side. An error with status 200, in a choice or in mid-stream, is an error with its own words. A call that Gemini failed to
write down (\`MALFORMED_FUNCTION_CALL\`) is one too, unless the model had made other calls before it.

Clients of chat completions may write Claude's blocks and tools (\`tool_use\`, \`tool_result\`, \`image\`, \`input_schema\`), as
Cursor does, and any JSON as the result of a tool.`

const DIFFERENCES = `## What is different from CLIProxyAPI

Where this gateway translates otherwise than CLIProxyAPI does, it is for a reason:

- **Temperature** goes to Claude, up to 1, for models that take it. A choice of no tool stays \`none\` everywhere.
- **Stopped by a filter** is \`refusal\` to clients of Claude, not \`end_turn\`, which would call the answer complete.
- **Limit of tokens for Claude** when the client gives none: 32,000, or what the model can give if that is less.
- **Instructions of a Gemini client** go to Claude as instructions, not as a turn of the user's.
- **A late result of a tool** is moved to its call, not told as text; a call without one gets an answer that says so, also
  for OpenAI; a result without a call is told in words that name it.
- **Images in the results of tools** go to OpenAI in a user's message behind them, not in the tool's message.
- **IDs of calls** that a provider does not give are random, but for those in a Gemini client's history.
- **A call without a name** is left out, also where the request has one tool only.
- **Encrypted thoughts and signatures** travel through every client, marked with their issuer, and come back to it alone.
  What has no mark counts as the protocol's own. There is no guess by the form of a signature.
- **Thoughts that nobody signed** do not go to Claude, and a turn of nothing but thoughts goes to no one.
- **Usage of a Responses answer** is always there, with zeros where the provider counted nothing, since SDKs read it without
  a look. Totals are sums of what is told, not the provider's own.
- **\`message_start\`** of a stream for Claude's clients has an estimate of the input tokens, not 0.
- **Tools that OpenAI runs** (\`local_shell\`, \`web_search\`) are not imitated for other providers; their items in a history are
  left out.
- **Several answers** to a Responses client are one: the first. Boolean schemas and blocks in the wrong place, such as a
  thought among the instructions, are refused with the name of the field.
- **Arguments of a tool** reach the client as the model wrote them: they are not cut to the tool's schema.
- **Names that only CLIProxyAPI has**, such as \`native_finish_reason\` and \`cached_creation_tokens\`, are not written; tokens
  written to a cache are \`cache_write_tokens\`.`

/** Sections behind the tables. */
export const NOTES: ReadonlyArray<string> = [SERVERS, DIFFERENCES]
