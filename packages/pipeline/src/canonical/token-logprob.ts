/** A token, and how likely it was. */
export interface TokenProbability {
  readonly token: string
  /** Natural logarithm of the probability: 0 or less. */
  readonly logprob: number
  /** Bytes of the token in UTF-8, where the provider gives them: a token may be a piece of a character. */
  readonly bytes?: ReadonlyArray<number> | undefined
}

/** A token of an answer, and the likeliest ones in its place, the likeliest first. */
export interface TokenLogprob extends TokenProbability {
  readonly top: ReadonlyArray<TokenProbability>
}
