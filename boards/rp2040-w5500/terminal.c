/* See terminal.h. Positions count on and on; a byte lies at its position modulo the ring's size. */
#include "terminal.h"

enum {
  /* Text that packets bring faster than a serial line takes it, at trace level 2. */
  OUT = 8192, IN = 512,
};

/* `claimed` is `in` but while text is put: what it overwrites is no longer there for interrupts. */
static struct {
  uint8_t bytes[OUT];
  volatile uint32_t in, claimed;
} written;
static struct {
  volatile uint32_t out;
  volatile bool open;
} lines[LINES];
static struct {
  uint8_t bytes[IN];
  volatile uint32_t in, out;
} typed;

/* Where the oldest whole line of text that is still there begins. */
static uint32_t oldest(void) {
  uint32_t at = written.claimed - OUT;
  while (at != written.in && written.bytes[at++ % OUT] != '\n') {
  }
  return at;
}
void terminal_open(enum terminal_line line, bool open) {
  if (open && !lines[line].open) lines[line].out = written.claimed > OUT ? oldest() : 0;
  lines[line].open = open;
}

static uint32_t lag(enum terminal_line line) { return written.in - lines[line].out; }
static uint32_t room(void) {
  uint32_t least = OUT;
  for (int line = 0; line < LINES; line++) {
    if (lines[line].open && lag(line) < least) least = lag(line);
  }
  return OUT - least;
}
static void put(const char *text, uint32_t len) {
  uint32_t in = written.in;
  written.claimed = in + len;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  for (uint32_t i = 0; i < len; i++) written.bytes[(in + i) % OUT] = (uint8_t)text[i];
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  written.in = in + len;
}
void terminal_write(const char *text, uint32_t len) {
  static const char LOST[] = "(lines lost)\n";
  enum { LOST_LEN = sizeof LOST - 1 };
  static bool lost;
  if ((lost ? LOST_LEN : 0) + len > room()) {
    lost = true;
    return;
  }
  if (lost) put(LOST, LOST_LEN);
  lost = false;
  put(text, len);
}
bool terminal_has(enum terminal_line line) { return lines[line].open && lag(line) != 0; }
uint32_t terminal_take(enum terminal_line line, uint8_t *to, uint32_t room) {
  uint32_t at = lines[line].out, len = 0;
  if (!lines[line].open) return 0;
  if (written.claimed - at > OUT) {
    at = oldest();
    to[len++] = '\n';
  }
  while (len < room && at != written.in) to[len++] = written.bytes[at++ % OUT];
  lines[line].out = at;
  return len;
}

void terminal_type(uint8_t byte) {
  if (terminal_room() == 0) return;
  typed.bytes[typed.in % IN] = byte;
  typed.in++;
}
uint32_t terminal_room(void) { return IN - (typed.in - typed.out); }
int terminal_read(void) {
  if (typed.in == typed.out) return -1;
  int byte = typed.bytes[typed.out % IN];
  typed.out++;
  return byte;
}
bool terminal_waiting(void) { return typed.in != typed.out; }
