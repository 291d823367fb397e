/* The records on a flash whose power fails: at each byte of each write in turn (cut-flash.h).
 *
 * Standard input: `id length seed` a line, the puts of one history; id 0 makes the flash ready. For every point at which power can fail during it, the flash is
 * opened again and compared with what was confirmed. Standard output: how many points there were; the exit code is 1 with a
 * sentence when one of them lost something. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cut-flash.h"
#include "records.h"

enum { OPS_MAX = 256, IDS = 8 };

static struct {
  uint32_t id, len, seed;
} ops[OPS_MAX];
static int op_count;

static void lose(const char *what, int op, long cut) {
  printf("%s: put %d, power failed at step %ld\n", what, op, cut);
  exit(1);
}

static void fill(uint8_t *to, uint32_t len, uint32_t seed) {
  for (uint32_t i = 0; i < len; i++) to[i] = (uint8_t)(seed = seed * 1664525 + 1013904223, seed >> 24);
}
/* Is what `op` put under its id (-1: nothing) what is there? */
static bool holds(uint32_t id, int op) {
  uint8_t want[RECORD_MAX], have[RECORD_MAX];
  uint32_t len = op < 0 ? 0 : ops[op].len;
  if (records_get(id, have, sizeof have) != len) return false;
  if (op >= 0) fill(want, len, ops[op].seed);
  return memcmp(want, have, len) == 0;
}
/* Walks over what is there: each id once, and no other than those that hold something. */
static bool walks(void) {
  bool seen[IDS] = {false};
  uint32_t at = 0;
  for (uint32_t id; (id = records_next(&at)) != 0;) {
    if (id >= IDS || seen[id] || records_get(id, 0, 0) == 0) return false;
    seen[id] = true;
  }
  for (uint32_t id = 1; id < IDS; id++) {
    if (!seen[id] && records_get(id, 0, 0) != 0) return false;
  }
  return true;
}

/* Puts everything with power until step `cut`; false: it was not reached. */
static bool history(long cut, bool blank) {
  static volatile int now, kept[IDS];
  static volatile uint32_t sequence;
  cut_begin(cut, blank);
  for (int i = 0; i < IDS; i++) kept[i] = -1;
  sequence = 0;
  now = -1;
  bool failed = setjmp(cut_off);
  if (!failed) {
    records_open();
    for (now = 0; now < op_count; now++) {
      uint8_t bytes[RECORD_MAX];
      if (ops[now].id == 0) {
        records_prepare();
        continue;
      }
      fill(bytes, ops[now].len, ops[now].seed);
      if (!records_put(ops[now].id, bytes, ops[now].len)) lose("a put was refused", now, cut);
      kept[ops[now].id] = now;
      if (records_sequence() <= sequence) lose("the sequence did not rise", now, cut);
      sequence = records_sequence();
    }
  }
  cut_power_on();
  records_open();
  if (records_sequence() < sequence) lose("the sequence went back", now, cut);
  for (uint32_t id = 1; id < IDS; id++) {
    bool in_work = failed && now >= 0 && ops[now].id == id;
    if (!holds(id, kept[id]) && !(in_work && holds(id, now))) lose("neither old nor new", now, cut);
  }
  if (!walks()) lose("the walk is wrong", now, cut);
  /* Life goes on. */
  uint8_t more[5] = "more";
  uint32_t before = records_sequence();
  if (!records_put(1, more, sizeof more) || records_get(1, more, sizeof more) != sizeof more) lose("no put after", now, cut);
  records_open();
  if (records_sequence() <= before || strcmp((char *)more, "more")) lose("the put after was lost", now, cut);
  return failed;
}

int main(void) {
  while (op_count < OPS_MAX && scanf("%u %u %u", &ops[op_count].id, &ops[op_count].len, &ops[op_count].seed) == 3) op_count++;
  long cuts = 0;
  for (int blank = 0; blank <= 1; blank++) {
    for (long cut = 0; history(cut, blank); cut++) cuts++;
  }
  printf("%ld\n", cuts);
}
