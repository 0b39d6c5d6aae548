/** Variables of the environment that hold secrets of the operator's: no plugin gets them. */
export const operatorSecrets: ReadonlyArray<string> = ["MANAGEMENT_PASSWORD"]
