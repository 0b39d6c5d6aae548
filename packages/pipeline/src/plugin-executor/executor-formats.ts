import { Result } from "effect"

/** Which conversions between protocols the gateway can do. */
export interface Conversions {
  /** Whether the gateway itself can. */
  readonly request: (from: string, to: string) => boolean
  /** Whether a plugin translates requests, into whatever: it is believed where the gateway can do nothing itself. */
  readonly requestByPlugin?: boolean
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
 * request and its answer are in one protocol; then the first declared one that can be converted. An input that only a
 * plugin can make is the last resort: the reference fails there, and so has no request that a plugin could translate
 * for an executor. Fails with the text for the client. Source: plugin ABI, executors.
 */
export const chooseFormats = (question: FormatQuestion): Result.Result<ExecutorFormats, string> => {
  const { conversions, inputs, outputs, provider, wantedInput, wantedOutput } = question
  const executor = `plugin executor ${provider}`

  if (inputs.length === 0) return Result.fail(`${executor} declares no input formats`)
  const input = inputs.includes(wantedInput)
    ? wantedInput
    : (inputs.find((format) => conversions.request(wantedInput, format)) ??
      (conversions.requestByPlugin === true ? inputs[0] : undefined))
  if (input === undefined) return Result.fail(`${executor} does not support input format "${wantedInput}"`)

  if (outputs.length === 0) return Result.fail(`${executor} declares no output formats`)
  if (outputs.includes(wantedOutput)) return Result.succeed({ input, output: wantedOutput })
  const inOrder = outputs.includes(input) ? [input, ...outputs] : outputs
  const output = inOrder.find((format) => conversions.response(format, wantedOutput))
  return output === undefined
    ? Result.fail(`${executor} does not support output format "${wantedOutput}"`)
    : Result.succeed({ input, output })
}
