/** The oldest Node that runs this program, as in `engines` of its manifest. */
export const oldestNode = "24.11"

/** Whether a version of Node, such as `22.3.1`, is older than that. */
export const isTooOld = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const [leastMajor = 0, leastMinor = 0] = oldestNode.split(".").map(Number)
  return major < leastMajor || (major === leastMajor && minor < leastMinor)
}
