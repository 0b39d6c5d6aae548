import { createHmac } from "node:crypto"

const seal = (issuer: string, content: string): string =>
  createHmac("sha256", `key of ${issuer}`).update(content).digest("base64url")

/** A signature that only `issuer` gives for exactly this content. Base64, as providers write them. */
export const sign = (issuer: string, content: string): string =>
  Buffer.from(`${issuer}:${Buffer.from(content).toString("base64url")}.${seal(issuer, content)}`).toString("base64")

/** The content that `issuer` signed; `undefined` for a signature of somebody else, or an altered one. */
export const signedContent = (issuer: string, signature: string): string | undefined => {
  const [, encoded, given] =
    new RegExp(`^${issuer}:([\\w-]*)\\.([\\w-]+)$`).exec(Buffer.from(signature, "base64").toString()) ?? []
  if (encoded === undefined) return undefined
  const content = Buffer.from(encoded, "base64url").toString()
  return seal(issuer, content) === given ? content : undefined
}
