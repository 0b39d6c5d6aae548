import type { AuthLoginPollResponse } from "./auth.ts"

/** True for a state that a log-in may have: 1 to 128 letters, digits, `-`, `_` and `.`, without `..`. */
export const isLoginState = (state: string): boolean => /^[A-Za-z0-9._-]{1,128}$/.test(state) && !state.includes("..")

/** How a log-in stands. An empty or unknown status means that it goes on. */
export const loginStatus = (answer: AuthLoginPollResponse): "pending" | "success" | "error" =>
  answer.Status === "success" || answer.Status === "error" ? answer.Status : "pending"
