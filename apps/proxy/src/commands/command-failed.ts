import { Data } from "effect"

/** A command did not do what it was asked for. The message is for people; the process ends with exit code 1. */
export class CommandFailed extends Data.TaggedError("CommandFailed")<{ readonly message: string }> {}
