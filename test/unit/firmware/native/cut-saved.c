/* Configurations that are saved while power fails: at each byte of each write in turn (cut-flash.h).
 *
 * Standard input: `length seed` a line, configurations that are saved one after the other through the console's commands; length 0
 * is `forget`. Before each, the counters are put, as at a start. Whenever power fails, what holds afterwards is the configuration that held
 * before or the one that was to be: whole, and never the firmware's own in between. Standard output: how many points there were. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "configuration.h"
#include "crc32.h"
#include "cut-flash.h"
#include "records.h"
#include "saved.h"

enum { OPS_MAX = 32, LINE = 128 };

const struct manifest manifest = {.magic = "SIXFOLD1", .hash = {0xc0, 0x64, 0x3b, 0x80}};
static struct {
  uint32_t len, seed;
} ops[OPS_MAX];
static int op_count;
static char heard[1024];

void port_write(const char *text, uint32_t len) { snprintf(heard, sizeof heard, "%.*s", (int)len, text); }
int port_read(void) { return -1; }

static void lose(const char *what, int op, long cut) {
  printf("%s: configuration %d, power failed at step %ld\n", what, op, cut);
  exit(1);
}
/* One message of so many bytes. */
static void fill(uint8_t *to, int op) {
  uint32_t seed = ops[op].seed, left = ops[op].len;
  while (left) {
    uint32_t size = left < 1000 ? left : 1000;
    to[0] = 3, to[1] = 0, to[2] = (uint8_t)(size - 4), to[3] = (uint8_t)((size - 4) >> 8);
    for (uint32_t i = 4; i < size; i++) to[i] = (uint8_t)(seed = seed * 1664525 + 1013904223, seed >> 24);
    to += size;
    left -= size;
  }
}
static void save(int op) {
  static uint8_t bytes[SAVED_MAX];
  char line[16 + 2 * LINE];
  if (ops[op].len == 0) {
    saved_forget();
    return;
  }
  fill(bytes, op);
  saved_command("begin c0643b80");
  for (uint32_t at = 0; at < ops[op].len; at += LINE) {
    for (uint32_t i = 0; i < LINE && at + i < ops[op].len; i++) sprintf(line + 2 * i, "%02x", bytes[at + i]);
    saved_command(line);
  }
  sprintf(line, "end %08x", crc32(0, bytes, ops[op].len));
  saved_command(line);
}
/* Is what `op` saved (-1: nothing) what holds? */
static bool holds(int op) {
  static uint8_t want[SAVED_MAX];
  struct messages now = saved_or_built_in();
  if (op < 0 || ops[op].len == 0) return now.bytes == manifest.messages;
  fill(want, op);
  return now.bytes != manifest.messages && now.length == ops[op].len && memcmp(now.bytes, want, now.length) == 0;
}
/* Saves everything with power until step `cut`; false: it was not reached. */
static bool history(long cut, bool blank) {
  static volatile int now, kept;
  static volatile uint32_t starts;
  cut_begin(cut, blank);
  kept = now = -1;
  bool failed = setjmp(cut_off);
  if (!failed) {
    records_open();
    for (now = 0; now < op_count; now++) {
      uint32_t counters[4] = {++starts};
      if (!records_put(0x80000001u, counters, sizeof counters)) lose("a put was refused", now, cut);
      save(now);
      if (strncmp(heard, ops[now].len ? "saved: " : "forgotten", 6)) lose("refused", now, cut);
      kept = now;
    }
  }
  cut_power_on();
  records_open();
  if (!holds(kept) && !(failed && now >= 0 && holds(now))) lose("neither old nor new", now, cut);
  /* Life goes on. */
  save(0);
  records_open();
  if (!holds(0)) lose("the one after was lost", now, cut);
  return failed;
}

int main(void) {
  while (op_count < OPS_MAX && scanf("%u %u", &ops[op_count].len, &ops[op_count].seed) == 2) op_count++;
  long cuts = 0;
  for (int blank = 0; blank <= 1; blank++) {
    for (long cut = 0; history(cut, blank); cut++) cuts++;
  }
  printf("%ld\n", cuts);
}
