/* See console.h. */
#include "console.h"

#include "port.h"

/* A line of `configure` holds a message of 160 bytes in hexadecimal. */
enum { OUT_MAX = 256, IN_MAX = 352 };

static char out[OUT_MAX];
static uint32_t used;

static void put(char c) {
  if (used == OUT_MAX) {
    port_write(out, used);
    used = 0;
  }
  out[used++] = c;
}
void say(const char *text) {
  while (*text) put(*text++);
}
void say_number(uint32_t n) {
  char digits[10];
  int i = 0;
  do digits[i++] = (char)('0' + n % 10);
  while (n /= 10);
  while (i) put(digits[--i]);
}
static char digit(unsigned v) { return "0123456789abcdef"[v & 15]; }
void say_hex(const uint8_t *bytes, uint32_t len) {
  for (uint32_t i = 0; i < len; i++) {
    put(digit(bytes[i] >> 4));
    put(digit(bytes[i]));
  }
}
void say_address(uintptr_t address) {
  for (int shift = 28; shift >= 0; shift -= 4) put(digit((unsigned)(address >> shift)));
}
static void say_group(unsigned group) {
  int shift = 12;
  while (shift && group >> shift == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) put(digit(group >> shift));
}
void say_ip6(const uint8_t *address) {
  int run = 0, length = 1; /* the longest run of zeros: where, and how long */
  for (int i = 0, zeros = 0; i < 8; i++) {
    zeros = address[2 * i] | address[2 * i + 1] ? 0 : zeros + 1;
    if (zeros <= length) continue;
    length = zeros;
    run = i + 1 - zeros;
  }
  for (int i = 0; i < 8; i++) {
    if (length > 1 && i == run) {
      say("::");
      i += length - 1;
      continue;
    }
    if (i && !(length > 1 && i == run + length)) put(':');
    say_group((unsigned)address[2 * i] << 8 | address[2 * i + 1]);
  }
}
void say_line(const char *text) {
  say(text);
  put('\n');
  port_write(out, used);
  used = 0;
}

static int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
int32_t unhex(const char *hex, uint8_t *to, uint32_t room) {
  uint32_t len = 0;
  for (; *hex; hex += 2) {
    int high = nibble(hex[0]), low = high < 0 ? -1 : nibble(hex[1]);
    if (low < 0) return UNHEX_WRONG;
    if (len == room) return UNHEX_TOO_LONG;
    to[len++] = (uint8_t)(high << 4 | low);
  }
  return (int32_t)len;
}

char *console_line(void) {
  static char line[IN_MAX + 1];
  static uint32_t length;
  for (int c; (c = port_read()) >= 0;) {
    if (c == '\r' || c == '\n') {
      if (length == 0) continue;
      line[length] = 0;
      length = 0;
      return line;
    }
    if (length < IN_MAX) line[length++] = (char)c;
  }
  return 0;
}
