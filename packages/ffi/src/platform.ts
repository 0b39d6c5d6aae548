/** Go's name of an operating system, as plugin folders use it (`linux`, `darwin`, `windows`). Source: plugin ABI, directories. */
export const goOs = (platform: NodeJS.Platform = process.platform): string =>
  platform === "win32" ? "windows" : platform

const goArchitectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" }

/** Go's name of a processor architecture (`amd64`, `arm64`, `386`). Source: plugin ABI, directories. */
export const goArch = (arch: string = process.arch): string => goArchitectures[arch] ?? arch

/** The extension of shared libraries, with its dot. Source: plugin ABI, directories. */
export const libraryExtension = (platform: NodeJS.Platform = process.platform): string =>
  platform === "win32" ? ".dll" : platform === "darwin" ? ".dylib" : ".so"
