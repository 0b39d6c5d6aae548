/** Keys as they stand in examples. Somebody who copied one has a proxy that strangers can guess their way into. */
const samples =
  /^(sk-)?(your|sample|example|changeme|change-me|replace|xxx+|\.\.\.)([-_ .]|$)|your[-_ ]?(api[-_ ]?)?key|api[-_]?key[-_]?\d*$/i

/** Whether a key looks copied from an example rather than made up. */
export const looksLikeSample = (key: string): boolean => samples.test(key)
