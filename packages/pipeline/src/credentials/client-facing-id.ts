/** An address of mail: what comes before the `@`, without what separates it from other parts of an ID. */
const ADDRESS = /[^\s@/:#,;]+@(?=[^\s@/])/g

/**
 * A credential's ID as clients may see it. The ID of a credential file is the file's name, which often holds the address
 * of the account's owner: of what comes before the `@` only the first character is left. Everything else in an ID was
 * chosen by the operator, or is a hash.
 */
export const clientFacingId = (id: string): string =>
  id.includes("@") ? id.replace(ADDRESS, (address) => `${address.slice(0, 1)}***@`) : id
