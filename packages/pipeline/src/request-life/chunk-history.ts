/** Most chunks that are remembered. Source: plugin ABI, `response.intercept_stream_chunk`. */
const MAX_CHUNKS = 64

/** Most bytes of all chunks that are remembered. */
const MAX_BYTES = 1024 * 1024

/** The last chunks that were delivered in a stream. */
export interface ChunkHistory {
  readonly add: (chunk: Buffer) => void
  /** Oldest first: at most 64, and 1 MiB together. */
  readonly chunks: () => ReadonlyArray<Buffer>
}

/** Makes an empty history. */
export const makeChunkHistory = (): ChunkHistory => {
  let chunks: Array<Buffer> = []
  let bytes = 0
  return {
    add: (chunk) => {
      chunks.push(chunk)
      bytes += chunk.length
      let gone = Math.max(0, chunks.length - MAX_CHUNKS)
      for (let index = 0; index < gone; index++) bytes -= chunks[index]?.length ?? 0
      while (bytes > MAX_BYTES) bytes -= chunks[gone++]?.length ?? 0
      if (gone > 0) chunks = chunks.slice(gone)
    },
    chunks: () => chunks
  }
}
