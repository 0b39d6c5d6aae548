/** Longest line of a plugin's output that is kept, in characters. */
const longestLine = 2000

/** Cuts text into lines, wherever the text was cut. A longer line loses its end; blank ones are left out. */
interface OutputLines {
  readonly write: (text: string) => void
  /** There will be no more: what is left is a line. */
  readonly end: () => void
}

/** Makes the lines of one stream of output. */
export const outputLines = (onLine: (line: string) => void): OutputLines => {
  let unfinished = ""
  const grow = (text: string) => {
    unfinished += text.slice(0, longestLine - unfinished.length)
  }
  const end = () => {
    const line = unfinished
    unfinished = ""
    if (line.trim() !== "") onLine(line)
  }
  return {
    write: (text) => {
      const [first = "", ...others] = text.split("\n")
      grow(first)
      for (const other of others) {
        end()
        grow(other)
      }
    },
    end
  }
}
