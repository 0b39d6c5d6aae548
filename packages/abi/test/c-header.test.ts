import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ABI_VERSION, HOST_SCHEMA_VERSION, INIT_SYMBOL, methods } from "../src/index.ts"

const include = fileURLToPath(new URL("../include", import.meta.url))
const header = readFileSync(join(include, "cliproxy_plugin.h"), "utf8")
const macroOf = (method: string) => `CLIPROXY_METHOD_${method.toUpperCase().replaceAll(".", "_")}`
const works = (compiler: string) => spawnSync(compiler, ["--version"]).status === 0

const cc = process.env["CC"] ?? "cc"
const cxx = ["c++", "g++", "clang++"].find(works)

/** A whole plugin and what the ABI says about the layout of its tables on 64-bit targets; C and C++. */
const source = `
#include "cliproxy_plugin.h"
#include "cliproxy_plugin.h"
#ifdef __cplusplus
#define CHECK(condition) static_assert(condition, #condition)
#else
#define CHECK(condition) _Static_assert(condition, #condition)
#endif
CHECK(sizeof(void *) != 8 || sizeof(cliproxy_buffer) == 16);
CHECK(sizeof(void *) != 8 || offsetof(cliproxy_buffer, len) == 8);
CHECK(sizeof(void *) != 8 || sizeof(cliproxy_host_api) == 32);
CHECK(sizeof(void *) != 8 || offsetof(cliproxy_host_api, host_ctx) == 8);
CHECK(sizeof(void *) != 8 || offsetof(cliproxy_host_api, call) == 16);
CHECK(sizeof(void *) != 8 || offsetof(cliproxy_host_api, free_buffer) == 24);
CHECK(sizeof(void *) != 8 || sizeof(cliproxy_plugin_api) == 32);
CHECK(sizeof(void *) != 8 || offsetof(cliproxy_plugin_api, call) == 8);
CHECK(sizeof(void *) != 8 || offsetof(cliproxy_plugin_api, free_buffer) == 16);
CHECK(sizeof(void *) != 8 || offsetof(cliproxy_plugin_api, shutdown) == 24);
CHECK(offsetof(cliproxy_buffer, ptr) == 0 && offsetof(cliproxy_host_api, abi_version) == 0);
CHECK(offsetof(cliproxy_plugin_api, abi_version) == 0 && sizeof(int) == 4);
CHECK(CLIPROXY_ABI_VERSION == ${ABI_VERSION} && CLIPROXY_SCHEMA_VERSION == ${HOST_SCHEMA_VERSION});

static int call(const char *method, const uint8_t *request, size_t request_len, cliproxy_buffer *response) {
  (void)method; (void)request; (void)request_len; (void)response;
  return 1;
}
static void free_buffer(void *ptr, size_t len) { (void)ptr; (void)len; }

int cliproxy_plugin_init(const cliproxy_host_api *host, cliproxy_plugin_api *plugin) {
  if (host->abi_version != CLIPROXY_ABI_VERSION) return 1;
  plugin->abi_version = CLIPROXY_ABI_VERSION;
  plugin->call = call;
  plugin->free_buffer = free_buffer;
  plugin->shutdown = NULL;
  return 0;
}
`

describe("the C header", () => {
  const folder = mkdtempSync(join(tmpdir(), "cliproxy-header-"))
  const strict = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Werror",
    "-fvisibility=hidden",
    "-fPIC",
    "-shared",
    `-I${include}`
  ]
  const compile = (compiler: string, standard: string, file: string) => {
    const output = join(folder, `${file}.so`)
    const run = spawnSync(compiler, [`-std=${standard}`, ...strict, "-o", output, join(folder, file)], {
      encoding: "utf8"
    })
    return run.error?.message ?? run.stderr
  }

  beforeAll(() => {
    writeFileSync(join(folder, "plugin.c"), source)
    writeFileSync(join(folder, "plugin.cpp"), source)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("compiles as strict C11 with the layout of the ABI", () => {
    expect(compile(cc, "c11", "plugin.c")).toBe("")
  })

  it("is read by a C99 compiler", () => {
    writeFileSync(join(folder, "empty.c"), `#include "cliproxy_plugin.h"\nextern int unused;\n`)
    expect(compile(cc, "c99", "empty.c")).toBe("")
  })

  it.skipIf(cxx === undefined)("compiles as strict C++11 and C++20 with the layout of the ABI", () => {
    for (const standard of ["c++11", "c++20"]) expect(compile(cxx ?? "", standard, "plugin.cpp")).toBe("")
  })

  it("exports the init function from a library that hides everything else", () => {
    expect(compile(cc, "c11", "plugin.c")).toBe("")
    expect(readFileSync(join(folder, "plugin.c.so"), "latin1")).toContain(INIT_SYMBOL)
    const main = `#include <stdio.h>\n#include <dlfcn.h>\nint main(int n, char **a) { (void)n;
      void *l = dlopen(a[1], RTLD_NOW); puts(l && dlsym(l, "${INIT_SYMBOL}") ? "found" : "missing"); return 0; }`
    writeFileSync(join(folder, "main.c"), main)
    execFileSync(cc, ["-o", join(folder, "main"), join(folder, "main.c"), "-ldl"])
    expect(execFileSync(join(folder, "main"), [join(folder, "plugin.c.so")], { encoding: "utf8" })).toBe("found\n")
  })

  it("names exactly the methods of the table", () => {
    const macros = [...header.matchAll(/^#define (CLIPROXY_METHOD_\w+) "([^"]+)"/gm)].map(([, macro, name]) => [
      macro,
      name
    ])
    expect(macros).toEqual(methods.map(({ name }) => [macroOf(name), name]))
  })

  it("names the capability of each method that needs one", () => {
    const gated = methods.filter(({ capability }) => capability !== null)
    const unnamed = gated.filter(({ name, capability }) => !header.includes(`"${name}" /* ${capability}`))
    expect(gated.length - unnamed.length).toBe(39)
  })
})
