// Writes docs/protocols.md:
//   node --conditions=@cliproxy/source apps/proxy/test/sdk-matrix/protocol-table/write-page.ts
import { writeFileSync } from "node:fs"

import { protocolsPage } from "./page.ts"

writeFileSync(new URL("../../../../../docs/protocols.md", import.meta.url), protocolsPage())
