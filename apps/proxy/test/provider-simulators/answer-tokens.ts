/** A token of an answer, and the likeliest ones in its place. */
export interface AnswerToken {
  readonly token: string
  readonly logprob: number
  readonly top: ReadonlyArray<{ readonly token: string; readonly logprob: number }>
}

/** The tokens of a text: its words with the spaces behind them, each less likely than the one before it. */
export const tokensOf = (text: string, likeliest: number): ReadonlyArray<AnswerToken> =>
  (text.match(/\S+\s*|\s+/g) ?? []).map((token, index) => {
    const logprob = -(index + 1) / 8
    const others = Array.from({ length: Math.max(likeliest - 1, 0) }, (_, at) => ({
      token: `other${at} 🎲`,
      logprob: logprob - 1 - at
    }))
    return { token, logprob, top: likeliest === 0 ? [] : [{ token, logprob }, ...others] }
  })
