/* Tests of cliproxy_sdk.h. Run with the sanitizers of the compiler: reading JSON in place must stay inside of it. */
#include <assert.h>

#include "cliproxy_sdk.h"

static cpx_json text(const char *json) { return (cpx_json){json, strlen(json)}; }

/* A copy of exactly its length on the heap, so that one byte too far is found. */
static void read_everything(const char *bytes, size_t length) {
  char *copy = malloc(length == 0 ? 1 : length);
  assert(copy != NULL);
  memcpy(copy, bytes, length);
  cpx_json value = {copy, length}, name, element;
  size_t size;
  free(cpx_string(value));
  free(cpx_bytes(value, &size));
  (void)cpx_integer(value);
  (void)cpx_is(value, "true");
  for (size_t position = 0; cpx_next(value, &position, &name, &element);) {
    free(cpx_string(element));
    free(cpx_bytes(element, &size));
    (void)cpx_field(element, "a");
  }
  free(copy);
}

static void finds_fields(void) {
  cpx_json object = text(" { \"a\" : \"x,}\\\"\" , \"b\":{\"a\":2},\"c\":[1 , {\"a\":3}],\"a\":true } ");
  assert(cpx_is(cpx_field(object, "a"), "true"));
  assert(cpx_integer(cpx_field(cpx_field(object, "b"), "a")) == 2);
  assert(cpx_field(object, "d").start == NULL);
  assert(cpx_field(text("[1]"), "a").start == NULL);
  size_t position = 0, count = 0;
  for (cpx_json name, element; cpx_next(cpx_field(object, "c"), &position, &name, &element); count++) assert(name.start == NULL);
  assert(count == 2);
}

static void reads_strings(void) {
  char *plain = cpx_string(text("\"\\u00e9\\ud83d\\ude00\\n\\\"\\/\\ud800\""));
  assert(strcmp(plain, "\xc3\xa9\xf0\x9f\x98\x80\n\"/\xef\xbf\xbd") == 0);
  free(plain);
}

static void base64_is_its_own_inverse(void) {
  for (size_t length = 0; length < 100; length++) {
    unsigned char bytes[100];
    for (size_t i = 0; i < length; i++) bytes[i] = (unsigned char)(i * 7 + length);
    cpx_text coded = {0};
    cpx_add_base64(&coded, bytes, length);
    size_t size;
    char *back = cpx_bytes((cpx_json){coded.bytes, coded.length}, &size);
    assert(size == length && memcmp(back, bytes, length) == 0);
    free(back);
    free(coded.bytes);
  }
}

static void writes_strings_that_it_reads(void) {
  char all[257];
  for (int i = 1; i < 256; i++) all[i - 1] = (char)i;
  all[255] = 0;
  cpx_text written = {0};
  cpx_add_string(&written, all, 255);
  char *back = cpx_string((cpx_json){written.bytes, written.length});
  assert(strcmp(back, all) == 0);
  free(back);
  free(written.bytes);
}

static void reads_settings(void) {
  const char *yaml = "ab: 0\na: 1 # note\nquoted: \"x # y\"\nempty:\nlast: z";
  const char *const expected[][2] = {{"a", "1"}, {"ab", "0"}, {"quoted", "x # y"}, {"empty", ""}, {"last", "z"}, {"none", ""}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    char *value = cpx_setting(yaml, expected[i][0]);
    assert(strcmp(value, expected[i][1]) == 0);
    free(value);
  }
}

static void survives_any_bytes(void) {
  static const char pieces[] = "{}[]\",:\\u0a1 -\x80\n";
  unsigned long state = 1;
  for (int round = 0; round < 200000; round++) {
    char bytes[24];
    size_t length = 0;
    do {
      state = state * 6364136223846793005u + 1442695040888963407u;
      bytes[length++] = pieces[(state >> 33) % (sizeof pieces - 1)];
    } while (length < sizeof bytes && (state >> 60) != 0);
    read_everything(bytes, length);
  }
  read_everything("", 0);
}

int main(void) {
  finds_fields();
  reads_strings();
  base64_is_its_own_inverse();
  writes_strings_that_it_reads();
  reads_settings();
  survives_any_bytes();
  puts("ok");
}
