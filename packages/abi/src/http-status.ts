/** Status of an answer that a plugin gives for HTTP: 0, which also stands for a missing number, means 200. */
export const statusOrOk = (status: number): number => status || 200

/** Status with which an interceptor ends a request: outside of 200 to 599 it is 403. */
export const terminationStatus = (status: number): number => (status >= 200 && status <= 599 ? status : 403)
