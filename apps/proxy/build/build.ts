/** The build of this package: the program, what `plugin new` copies, and the licenses of what the program contains. */
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { packageRoot } from "../src/package-root.ts"
import { bundledLicenses } from "./bundled-licenses.ts"
import { bundleProxy } from "./bundle.ts"
import { copyKits } from "./copy-kits.ts"
import { writeBundle } from "./write-bundle.ts"

const folder = join(packageRoot, "dist")
const chunks = await bundleProxy()
rmSync(folder, { recursive: true, force: true })
writeBundle(chunks, folder)
writeFileSync(join(folder, "THIRD-PARTY-LICENSES.txt"), bundledLicenses(chunks))
copyKits()
