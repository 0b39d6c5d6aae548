/*
 * cliproxy_sdk.h: what the C examples share, on top of cliproxy_plugin.h: growing text, reading JSON, the envelope
 * around every answer, and the functions that the host gets. Header only, C11, standard library only.
 *
 * SPDX-License-Identifier: MIT
 *
 * A plugin is one file: it defines its methods, a cpx_plugin, and ends with CPX_EXPORT(that plugin).
 */
#ifndef CLIPROXY_SDK_H
#define CLIPROXY_SDK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cliproxy_plugin.h"

#if defined(__GNUC__)
#define CPX_UNUSED __attribute__((unused))
#define CPX_PRINTF(text, first) __attribute__((unused, format(printf, text, first)))
#else
#define CPX_UNUSED
#define CPX_PRINTF(text, first)
#endif

/* ---- Text that grows. Start with {0}; free bytes when done. ---- */

typedef struct cpx_text {
  char *bytes;
  size_t length;
  size_t capacity;
  bool out_of_memory; /* later additions do nothing */
} cpx_text;

static CPX_UNUSED void cpx_add_bytes(cpx_text *text, const void *bytes, size_t length) {
  if (text->out_of_memory) return;
  if (length > text->capacity - text->length) {
    size_t capacity = text->capacity < 256 ? 256 : text->capacity;
    while (capacity - text->length < length && capacity <= SIZE_MAX / 2) capacity *= 2;
    char *grown = capacity - text->length < length ? NULL : realloc(text->bytes, capacity);
    if (grown == NULL) {
      text->out_of_memory = true;
      return;
    }
    text->bytes = grown;
    text->capacity = capacity;
  }
  if (length > 0) memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
}

static CPX_UNUSED void cpx_add(cpx_text *text, const char *more) { cpx_add_bytes(text, more, strlen(more)); }

/* Adds a JSON string. The bytes must be UTF-8. */
static CPX_UNUSED void cpx_add_string(cpx_text *text, const char *bytes, size_t length) {
  cpx_add(text, "\"");
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)bytes[i];
    char escaped[8];
    if (c == '"' || c == '\\') {
      escaped[0] = '\\';
      escaped[1] = (char)c;
      cpx_add_bytes(text, escaped, 2);
    } else if (c < 0x20) {
      snprintf(escaped, sizeof escaped, "\\u%04x", c);
      cpx_add_bytes(text, escaped, 6);
    } else {
      cpx_add_bytes(text, bytes + i, 1);
    }
  }
  cpx_add(text, "\"");
}

/* Adds a number. */
static CPX_UNUSED void cpx_add_integer(cpx_text *text, long long number) {
  char digits[32];
  snprintf(digits, sizeof digits, "%lld", number);
  cpx_add(text, digits);
}

/* Adds bytes as the ABI writes them: a JSON string in base64. */
static CPX_UNUSED void cpx_add_base64(cpx_text *text, const void *bytes, size_t length) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *in = bytes;
  cpx_add(text, "\"");
  for (size_t i = 0; i < length; i += 3) {
    size_t left = length - i;
    uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
    char quad[4] = {digits[group >> 18], digits[group >> 12 & 63], left > 1 ? digits[group >> 6 & 63] : '=',
                    left > 2 ? digits[group & 63] : '='};
    cpx_add_bytes(text, quad, 4);
  }
  cpx_add(text, "\"");
}

/* ---- JSON, read in place. A cpx_json is a value inside the request; start is NULL when there is none. ---- */

typedef struct cpx_json {
  const char *start;
  size_t length;
} cpx_json;

static CPX_UNUSED bool cpx_is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* Where the value that begins at position ends, or 0. Strings and brackets are matched; the host checks the rest. */
static CPX_UNUSED size_t cpx_value_end(cpx_json in, size_t position) {
  size_t depth = 0;
  for (size_t i = position; i < in.length; i++) {
    char c = in.start[i];
    if (c == '"') {
      for (i++; i < in.length && in.start[i] != '"'; i++)
        if (in.start[i] == '\\') i++;
      if (i >= in.length) return 0;
      if (depth == 0) return i + 1;
    } else if (c == '{' || c == '[') {
      depth++;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return i;
      if (--depth == 0) return i + 1;
    } else if (depth == 0 && (c == ',' || c == ':' || cpx_is_space(c))) {
      return i;
    }
  }
  return depth == 0 ? in.length : 0;
}

static CPX_UNUSED size_t cpx_skip_space(cpx_json in, size_t position) {
  while (position < in.length && cpx_is_space(in.start[position])) position++;
  return position;
}

/* Goes through an object or a list. Start with *position 0. Gives false after the last entry, and where the text is
 * no such thing. In a list name stays empty. */
static CPX_UNUSED bool cpx_next(cpx_json in, size_t *position, cpx_json *name, cpx_json *value) {
  size_t i = cpx_skip_space(in, *position);
  if (in.start == NULL || i >= in.length) return false;
  bool object = in.start[cpx_skip_space(in, 0)] == '{';
  if (*position == 0) {
    if (!object && in.start[i] != '[') return false;
    i++;
  } else if (in.start[i] == ',') {
    i++;
  }
  i = cpx_skip_space(in, i);
  if (i >= in.length || in.start[i] == '}' || in.start[i] == ']') return false;
  *name = (cpx_json){NULL, 0};
  size_t end = cpx_value_end(in, i);
  if (end <= i) return false;
  if (object) {
    if (in.start[i] != '"') return false;
    *name = (cpx_json){in.start + i + 1, end - i - 2};
    i = cpx_skip_space(in, end);
    if (i >= in.length || in.start[i] != ':') return false;
    i = cpx_skip_space(in, i + 1);
    end = cpx_value_end(in, i);
    if (end <= i) return false;
  }
  *value = (cpx_json){in.start + i, end - i};
  *position = end;
  return true;
}

/* The field of an object. Names are compared as they are written, which is how the host writes them: exactly. */
static CPX_UNUSED cpx_json cpx_field(cpx_json object, const char *wanted) {
  cpx_json found = {NULL, 0}, name, value;
  for (size_t position = 0; cpx_next(object, &position, &name, &value);)
    if (name.start != NULL && name.length == strlen(wanted) && memcmp(name.start, wanted, name.length) == 0) found = value;
  return found;
}

static CPX_UNUSED bool cpx_is(cpx_json value, const char *text) {
  return value.start != NULL && value.length == strlen(text) && memcmp(value.start, text, value.length) == 0;
}

/* A number, or 0 when the value is no number. */
static CPX_UNUSED long long cpx_integer(cpx_json value) {
  char digits[32] = {0};
  if (value.start == NULL || value.length >= sizeof digits) return 0;
  memcpy(digits, value.start, value.length);
  return strtoll(digits, NULL, 10);
}

static CPX_UNUSED int cpx_hex(cpx_json value, size_t position) {
  int code = 0;
  if (position + 4 > value.length) return -1;
  for (size_t i = position; i < position + 4; i++) {
    char c = value.start[i];
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

static CPX_UNUSED size_t cpx_utf8(unsigned long code, char *out) {
  if (code < 0x80) return out[0] = (char)code, 1;
  if (code < 0x800) return out[0] = (char)(0xC0 | code >> 6), out[1] = (char)(0x80 | (code & 63)), 2;
  if (code < 0x10000)
    return out[0] = (char)(0xE0 | code >> 12), out[1] = (char)(0x80 | (code >> 6 & 63)), out[2] = (char)(0x80 | (code & 63)), 3;
  return out[0] = (char)(0xF0 | code >> 18), out[1] = (char)(0x80 | (code >> 12 & 63)), out[2] = (char)(0x80 | (code >> 6 & 63)),
         out[3] = (char)(0x80 | (code & 63)), 4;
}

/* The text of a JSON string, with a NUL behind it; to be freed. Empty for any other value, NULL without memory. */
static CPX_UNUSED char *cpx_string(cpx_json value) {
  char *text = malloc(value.length + 1), *out = text;
  if (text == NULL) return NULL;
  if (value.length >= 2 && value.start[0] == '"') {
    for (size_t i = 1; i < value.length - 1; i++) {
      char c = value.start[i];
      if (c != '\\') {
        *out++ = c;
        continue;
      }
      c = value.start[++i];
      if (c != 'u') {
        *out++ = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c;
        continue;
      }
      int code = cpx_hex(value, i + 1);
      if (code < 0) break;
      i += 4;
      unsigned long point = (unsigned long)code;
      if (code >= 0xD800 && code < 0xDC00 && i + 6 < value.length && value.start[i + 1] == '\\' && value.start[i + 2] == 'u') {
        int low = cpx_hex(value, i + 3);
        if (low >= 0xDC00 && low < 0xE000) {
          point = 0x10000 + ((unsigned long)(code - 0xD800) << 10) + (unsigned long)(low - 0xDC00);
          i += 6;
        }
      }
      if (point >= 0xD800 && point < 0xE000) point = 0xFFFD; /* half of a pair */
      out += cpx_utf8(point, out);
    }
  }
  *out = 0;
  return text;
}

/* The bytes of a base64 string, with a NUL behind them; to be freed. Empty for null, NULL without memory. */
static CPX_UNUSED char *cpx_bytes(cpx_json value, size_t *length) {
  char *bytes = malloc(value.length * 3 / 4 + 1);
  uint32_t group = 0;
  int bits = 0;
  *length = 0;
  if (bytes == NULL) return NULL;
  for (size_t i = 0; value.length >= 2 && value.start[0] == '"' && i < value.length; i++) {
    char c = value.start[i];
    int digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                : c >= 'a' && c <= 'z' ? c - 'a' + 26
                : c >= '0' && c <= '9' ? c - '0' + 52
                : c == '+'             ? 62
                : c == '/'             ? 63
                                       : -1;
    if (digit < 0) continue; /* quotes and padding; "\/" is a slash */
    group = group << 6 | (uint32_t)digit;
    bits += 6;
    if (bits >= 8) bytes[(*length)++] = (char)(group >> (bits -= 8) & 255);
  }
  bytes[*length] = 0;
  return bytes;
}

/* ---- Settings: "key: value" lines of the YAML text that the host sends. No lists, no mappings. ---- */

/* The value of a key, without quotes and comment; to be freed. Empty when it is missing, NULL without memory. */
static CPX_UNUSED char *cpx_setting(const char *yaml, const char *key) {
  size_t key_length = strlen(key);
  for (const char *line = yaml; line != NULL && *line != 0; line = strchr(line, '\n'), line = line == NULL ? NULL : line + 1) {
    if (strncmp(line, key, key_length) != 0 || line[key_length] != ':') continue;
    const char *start = line + key_length + 1;
    while (*start == ' ') start++;
    const char *end = start;
    if (*start == '"' || *start == '\'') {
      for (end = ++start; *end != 0 && *end != '\n' && *end != start[-1]; end++) {}
    } else {
      while (*end != 0 && *end != '\n' && !(*end == '#' && (end == start || end[-1] == ' '))) end++;
      while (end > start && (end[-1] == ' ' || end[-1] == '\r')) end--;
    }
    char *value = malloc((size_t)(end - start) + 1);
    if (value == NULL) return NULL;
    memcpy(value, start, (size_t)(end - start));
    value[end - start] = 0;
    return value;
  }
  return calloc(1, 1);
}

/* ---- Errors ---- */

typedef struct cpx_error {
  char code[64]; /* empty: no error */
  char message[512];
  int http_status; /* 0: the host chooses */
} cpx_error;

/* Says what went wrong. The message reaches people: no secrets. */
static void cpx_fail(cpx_error *error, const char *code, int http_status, const char *format, ...) CPX_PRINTF(4, 5);
static void cpx_fail(cpx_error *error, const char *code, int http_status, const char *format, ...) {
  va_list values;
  va_start(values, format);
  snprintf(error->code, sizeof error->code, "%s", code);
  vsnprintf(error->message, sizeof error->message, format, values);
  error->http_status = http_status;
  va_end(values);
}

/* ---- The plugin ---- */

/* Answers one method: adds the result's JSON, or says what is wrong. Called from many threads at once. */
typedef void (*cpx_answer)(cpx_json request, cpx_text *result, cpx_error *error);

typedef struct cpx_method {
  const char *name;
  cpx_answer answer;
} cpx_method;

typedef struct cpx_plugin {
  const char *name;
  const char *version;
  const char *author;
  const char *repository;
  const char *config_fields; /* a JSON list, or NULL */
  const char *capabilities;  /* a JSON object */
  /* Takes over new settings, also while methods run; may be NULL. */
  void (*configure)(const char *yaml, cpx_error *error);
  const cpx_method *methods; /* the last one has the name NULL */
} cpx_plugin;

static const cliproxy_host_api *cpx_host CPX_UNUSED;

/* Asks the host for something and drops the answer. Gives true when the host took the call. */
static CPX_UNUSED bool cpx_tell_host(const char *method, const cpx_text *request) {
  return !request->out_of_memory &&
         cpx_host->call(cpx_host->host_ctx, method, (const uint8_t *)request->bytes, request->length, NULL) == 0;
}

/* Writes a line to the host's log; level is "debug", "info", "warn" or "error". */
static CPX_UNUSED void cpx_log(const char *level, const char *message) {
  cpx_text request = {0};
  cpx_add(&request, "{\"level\":");
  cpx_add_string(&request, level, strlen(level));
  cpx_add(&request, ",\"message\":");
  cpx_add_string(&request, message, strlen(message));
  cpx_add(&request, "}");
  (void)cpx_tell_host(CLIPROXY_METHOD_HOST_LOG, &request);
  free(request.bytes);
}

static CPX_UNUSED void cpx_register(const cpx_plugin *plugin, cpx_json request, cpx_text *result, cpx_error *error) {
  if (plugin->configure != NULL) {
    size_t length;
    char *yaml = cpx_bytes(cpx_field(request, "config_yaml"), &length);
    if (yaml == NULL) cpx_fail(error, "out_of_memory", 0, "out of memory");
    else plugin->configure(yaml, error);
    free(yaml);
  }
  const char *const texts[][2] = {{"Name", plugin->name}, {"Version", plugin->version}, {"Author", plugin->author}, {"GitHubRepository", plugin->repository}};
  cpx_add(result, "{\"schema_version\":3,\"metadata\":{");
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    cpx_add_string(result, texts[i][0], strlen(texts[i][0]));
    cpx_add(result, ":");
    cpx_add_string(result, texts[i][1], strlen(texts[i][1]));
    cpx_add(result, ",");
  }
  cpx_add(result, "\"ConfigFields\":");
  cpx_add(result, plugin->config_fields == NULL ? "null" : plugin->config_fields);
  cpx_add(result, "},\"capabilities\":");
  cpx_add(result, plugin->capabilities);
  cpx_add(result, "}");
}

static CPX_UNUSED void cpx_dispatch(const cpx_plugin *plugin, const char *method, cpx_json request, cpx_text *result, cpx_error *error) {
  if (strcmp(method, CLIPROXY_METHOD_PLUGIN_REGISTER) == 0 || strcmp(method, CLIPROXY_METHOD_PLUGIN_RECONFIGURE) == 0) {
    cpx_register(plugin, request, result, error);
    return;
  }
  for (const cpx_method *known = plugin->methods; known->name != NULL; known++) {
    if (strcmp(method, known->name) != 0) continue;
    known->answer(request, result, error);
    return;
  }
  cpx_fail(error, "unknown_method", 0, "%s has no method of this name", plugin->name);
}

/* Answers one call. The envelope is malloc's; cpx_free_buffer gives it back. */
static CPX_UNUSED int cpx_call(const cpx_plugin *plugin, const char *method, const uint8_t *request, size_t request_len,
                               cliproxy_buffer *response) {
  cpx_text result = {0}, envelope = {0};
  cpx_error error = {0};
  cpx_dispatch(plugin, method, (cpx_json){(const char *)request, request_len}, &result, &error);
  if (result.out_of_memory) cpx_fail(&error, "out_of_memory", 0, "out of memory");
  if (error.code[0] == 0) {
    cpx_add(&envelope, "{\"ok\":true,\"result\":");
    if (result.length == 0) cpx_add(&envelope, "{}");
    cpx_add_bytes(&envelope, result.bytes, result.length);
  } else {
    cpx_add(&envelope, "{\"ok\":false,\"error\":{\"code\":");
    cpx_add_string(&envelope, error.code, strlen(error.code));
    cpx_add(&envelope, ",\"message\":");
    cpx_add_string(&envelope, error.message, strlen(error.message));
    cpx_add(&envelope, ",\"http_status\":");
    cpx_add_integer(&envelope, error.http_status);
    cpx_add(&envelope, "}");
  }
  cpx_add(&envelope, "}");
  free(result.bytes);
  if (envelope.out_of_memory) {
    free(envelope.bytes);
    return 1; /* an empty answer with a code other than 0 is an error, too */
  }
  response->ptr = envelope.bytes;
  response->len = envelope.length;
  return 0;
}

static CPX_UNUSED void cpx_free_buffer(void *ptr, size_t len) {
  (void)len;
  free(ptr);
}

/* Exports the plugin. shut_down gives back what it holds; it may be NULL. */
#define CPX_EXPORT(plugin, shut_down)                                                                                \
  static int cpx_exported_call(const char *method, const uint8_t *request, size_t len, cliproxy_buffer *response) { \
    return cpx_call(&(plugin), method, request, len, response);                                                      \
  }                                                                                                                  \
  CLIPROXY_PLUGIN_EXPORT int cliproxy_plugin_init(const cliproxy_host_api *host, cliproxy_plugin_api *table) {                 \
    if (host == NULL || table == NULL || host->abi_version != CLIPROXY_ABI_VERSION) return 1;                        \
    cpx_host = host; /* stays valid until shutdown has returned */                                                   \
    table->abi_version = CLIPROXY_ABI_VERSION;                                                                       \
    table->call = cpx_exported_call;                                                                                 \
    table->free_buffer = cpx_free_buffer;                                                                            \
    table->shutdown = shut_down;                                                                                     \
    return 0;                                                                                                        \
  }

#endif /* CLIPROXY_SDK_H */
