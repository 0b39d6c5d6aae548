import type { ImagePart } from "../canonical/part.ts"
import { type ImageSize, sizeOfImage } from "./image-size.ts"

/** Of every image, and all of one in low detail. */
const BASE = 85
/** Of each square of 512 pixels. */
const PER_TILE = 170
const TILE = 512
/** What an image is scaled down to: first to fit this square, then until its shorter side is no longer than the other. */
const FITS = 2048
const SHORTER_SIDE = 768

/** An image whose size is not known counts as one of 1024 pixels squared: four tiles. */
export const TOKENS_PER_IMAGE = BASE + 4 * PER_TILE

/**
 * Tokens of an image as OpenAI counts them, by its size, which is read from the head of a PNG, JPEG or GIF.
 * Source: https://platform.openai.com/docs/guides/images-vision, calculating costs, GPT-4o.
 */
export const imageTokens = ({ source, detail }: ImagePart): number => {
  if (detail === "low") return BASE
  const size = source.kind === "base64" ? sizeOfImage(source.data) : undefined
  return size === undefined ? TOKENS_PER_IMAGE : BASE + PER_TILE * tilesOf(size)
}

const tilesOf = ({ width, height }: ImageSize): number => {
  const first = Math.min(1, FITS / Math.max(width, height))
  const second = Math.min(1, SHORTER_SIDE / (Math.min(width, height) * first))
  const scale = first * second
  return Math.ceil((width * scale) / TILE) * Math.ceil((height * scale) / TILE)
}
