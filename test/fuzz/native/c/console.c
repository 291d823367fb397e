/* firmware/console.c: any bytes typed. Lines are as they were typed, cut at their longest; what hexadecimal digits say is what they say. */
#include "console.h"

#include <stdbool.h>
#include <string.h>

#include "input.h"
#include "port.h"

static struct input typed;

int port_read(void) { return typed.at < typed.end ? (int)input_8(&typed) : -1; }
void port_write(const char *text, uint32_t len) {
  volatile uint8_t sum = 0;
  for (uint32_t i = 0; i < len; i++) sum = (uint8_t)(sum + text[i]);
}

static int value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
static void check_hex(const char *text) {
  uint8_t out[64];
  size_t digits = strlen(text);
  int32_t len = unhex(text, out, sizeof out);
  promised(len >= UNHEX_TOO_LONG && len <= (int32_t)sizeof out, "no more bytes than there is room for");
  if (len < 0) return;
  promised((size_t)len * 2 == digits, "a byte for every two digits");
  for (int32_t i = 0; i < len; i++) {
    promised(out[i] == value(text[2 * i]) * 16 + value(text[2 * i + 1]), "the digits' value");
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  typed = (struct input){data, data + size};
  for (char *line; (line = console_line()) != NULL;) {
    say(line);
    check_hex(line);
    uint8_t address[16] = {0};
    memcpy(address, line, strlen(line) < 16 ? strlen(line) : 16);
    say_ip6(address);
    say_line("");
    /* In place, as the command line does it. */
    unhex(line, (uint8_t *)line, (uint32_t)strlen(line));
  }
  typed = (struct input){(const uint8_t *)"\n", (const uint8_t *)"\n" + 1}; /* the next input begins with an empty line */
  console_line();
  return 0;
}
