import { Result } from "effect"
import { trimSpace } from "./trim-space.ts"

/**
 * The name under which `host.auth.save` stores a credential: trimmed, ending in `.json` in any case, without folders.
 * Fails with the sentence that the plugin gets.
 */
export const authFileName = (name: string): Result.Result<string, string> => {
  const trimmed = trimSpace(name)
  if (trimmed === "" || /[/\\\0]/.test(trimmed) || /^[A-Za-z]:/.test(trimmed))
    return Result.fail("invalid auth file name")
  return trimmed.toLowerCase().endsWith(".json")
    ? Result.succeed(trimmed)
    : Result.fail("auth file name must end with .json")
}
