import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib"
import type { Transform } from "node:stream"

/** Makes a decoder for a `content-encoding`; undefined for none and for unknown ones, whose bytes stay as they are. */
export const decoderFor = (encoding: string): (() => Transform) | undefined => {
  switch (encoding.trim().toLowerCase()) {
    case "gzip":
    case "x-gzip":
      return createGunzip
    case "deflate":
      return createInflate
    case "br":
      return createBrotliDecompress
    case "zstd":
      return createZstdDecompress
    default:
      return undefined
  }
}
