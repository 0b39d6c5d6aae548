import * as fc from "fast-check"

/**
 * Every run tries the same values, so that a change which breaks a property is told from one that meets a value which
 * nobody tried before. `PROPERTY_SEED=$RANDOM npm test` looks for those.
 */
fc.configureGlobal({ seed: Number(process.env["PROPERTY_SEED"] ?? 20_261_122) })
