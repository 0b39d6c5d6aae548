/** In pixels, both at least 1. */
export interface ImageSize {
  readonly width: number
  readonly height: number
}

/** Base64 characters that are looked at: a JPEG has its size behind its metadata. */
const HEAD = 256 * 1024

const PNG = Buffer.from("\x89PNG\r\n\x1a\n", "latin1")

/**
 * The size of an image by the head of its bytes, given in base64; `undefined` when it is no PNG, JPEG or GIF, or not
 * whole. Source: PNG 1.2, section 4.1.1; ITU T.81, B.2.2; GIF89a, section 18.
 */
export const sizeOfImage = (base64: string): ImageSize | undefined => {
  const bytes = Buffer.from(base64.slice(0, HEAD), "base64")
  const size = readSize(bytes)
  return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined
}

const readSize = (bytes: Buffer): ImageSize | undefined => {
  if (bytes.length >= 24 && bytes.subarray(0, PNG.length).equals(PNG)) {
    return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
  }
  if (bytes.length >= 10 && bytes.toString("latin1", 0, 4) === "GIF8") {
    return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }
  }
  return bytes[0] === 0xff && bytes[1] === 0xd8 ? readJpeg(bytes) : undefined
}

/** Goes from segment to segment until the one that begins a frame. */
const readJpeg = (bytes: Buffer): ImageSize | undefined => {
  let at = 2
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0
    if (isFrame(marker)) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) }
    // Any number of fill bytes may stand before a marker.
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}

/** SOF0 to SOF15, among which are DHT (C4), JPG (C8) and DAC (CC). */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
