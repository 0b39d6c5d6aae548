import { Result } from "effect"

/** Which conversions between protocols the gateway can do. What plugins can do is not asked here. */
export interface Conversions {
  readonly request: (from: string, to: string) => boolean
  /** `from` is the upstream's protocol, `to` the client's. */
  readonly response: (from: string, to: string) => boolean
}

/** An executor and a request that look for formats in which they understand each other. */
export interface FormatQuestion {
  /** Provider key of the executor, for error texts. */
  readonly provider: string
  /** What the executor reads, normalised, in its order. */
  readonly inputs: ReadonlyArray<string>
  /** What the executor writes, normalised, in its order. */
  readonly outputs: ReadonlyArray<string>
  /** Protocol of the client's body. */
  readonly wantedInput: string
  /** Protocol that the client wants to be answered in. */
  readonly wantedOutput: string
  readonly conversions: Conversions
}

/** What the executor gets, and what it must answer in. */
export interface ExecutorFormats {
  readonly input: string
  readonly output: string
}

/**
 * Chooses the formats of one call. What is wanted comes first; then, for the output, the chosen input, so that a
 * request and its answer are in one protocol; then the first declared one that can be converted. Fails with the text
 * for the client. Source: plugin ABI, executors.
 */
export const chooseFormats = (question: FormatQuestion): Result.Result<ExecutorFormats, string> => {
  const { conversions, inputs, outputs, provider, wantedInput, wantedOutput } = question
  const executor = `plugin executor ${provider}`

  if (inputs.length === 0) return Result.fail(`${executor} declares no input formats`)
  const input = inputs.includes(wantedInput)
    ? wantedInput
    : inputs.find((format) => conversions.request(wantedInput, format))
  if (input === undefined) return Result.fail(`${executor} does not support input format "${wantedInput}"`)

  if (outputs.length === 0) return Result.fail(`${executor} declares no output formats`)
  if (outputs.includes(wantedOutput)) return Result.succeed({ input, output: wantedOutput })
  const inOrder = outputs.includes(input) ? [input, ...outputs] : outputs
  const output = inOrder.find((format) => conversions.response(format, wantedOutput))
  return output === undefined
    ? Result.fail(`${executor} does not support output format "${wantedOutput}"`)
    : Result.succeed({ input, output })
}
