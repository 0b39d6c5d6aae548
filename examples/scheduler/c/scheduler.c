/* A plugin that spreads requests over all credentials by chance, instead of in turn. */
#include <stdatomic.h>
#include <time.h>

#include "cliproxy_sdk.h"

static atomic_ullong state;

/* Numbers that look random: SplitMix64, which needs no lock. Whoever can guess them gains nothing. */
static unsigned long long next_random(void) {
  unsigned long long z = atomic_fetch_add(&state, 0x9E3779B97F4A7C15u) + (unsigned long long)time(NULL);
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

static void pick(cpx_json request, cpx_text *result, cpx_error *error) {
  (void)error;
  cpx_json candidates = cpx_field(request, "Candidates"), name, candidate;
  unsigned long long count = 0;
  for (size_t position = 0; cpx_next(candidates, &position, &name, &candidate);) count++;
  if (count == 0) return; /* no result: the host decides */
  unsigned long long chosen = next_random() % count;
  for (size_t position = 0; cpx_next(candidates, &position, &name, &candidate);) {
    if (chosen-- > 0) continue;
    cpx_json id = cpx_field(candidate, "ID");
    if (id.start == NULL) return;
    cpx_add(result, "{\"Handled\":true,\"AuthID\":");
    cpx_add_bytes(result, id.start, id.length); /* JSON already, as the host wrote it */
    cpx_add(result, "}");
    return;
  }
}

static const cpx_method methods[] = {{CLIPROXY_METHOD_SCHEDULER_PICK, pick}, {NULL, NULL}};

static const cpx_plugin plugin = {
  .name = "scheduler-example",
  .version = "0.1.0",
  .author = "cliproxy",
  .repository = "https://github.com/cliproxy/cliproxy",
  .capabilities = "{\"scheduler\":true}",
  .methods = methods,
};

CPX_EXPORT(plugin, NULL)
