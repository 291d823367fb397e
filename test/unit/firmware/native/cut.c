/* The records on a flash whose power fails: at each byte of each write in turn.
 *
 * Standard input: `id length seed` a line, the puts of one history. For every point at which power can fail during it, the flash is
 * opened again and compared with what was confirmed. Standard output: how many points there were; the exit code is 1 with a
 * sentence when one of them lost something.
 *
 * The model: programming turns ones to zeros byte by byte, the byte at which power fails gets some of its zeros only. Erasing goes
 * through the block in pieces, and where power fails a piece holds anything. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port.h"
#include "records.h"

enum { SIZE = FLASH_BLOCK * FLASH_BLOCKS, OPS_MAX = 256, IDS = 8, PIECE = 32 };

static uint8_t flash[SIZE];
static long left; /* steps until power fails; -1: never */
static unsigned noise;
static jmp_buf off;

static struct {
  uint32_t id, len, seed;
} ops[OPS_MAX];
static int op_count;

static void lose(const char *what, int op, long cut) {
  printf("%s: put %d, power failed at step %ld\n", what, op, cut);
  exit(1);
}
static uint8_t any(void) { return (uint8_t)((noise = noise * 1103515245 + 12345) >> 16); }
static bool step(void) { return left < 0 || left-- > 0; }

void port_flash_read(uint32_t at, void *to, uint32_t len) {
  if (at + len > SIZE) lose("read beyond the flash", -1, left);
  memcpy(to, flash + at, len);
}
bool port_flash_program(uint32_t at, const void *from, uint32_t len) {
  if (at % FLASH_UNIT || len % FLASH_UNIT || at + len > SIZE) lose("programming does not keep to units", -1, left);
  for (uint32_t i = 0; i < len; i++) {
    uint8_t byte = ((const uint8_t *)from)[i];
    if (!step()) {
      flash[at + i] &= byte | any();
      longjmp(off, 1);
    }
    flash[at + i] &= byte;
  }
  return true;
}
bool port_flash_erase(uint32_t block) {
  if (block >= FLASH_BLOCKS) lose("erasing beyond the flash", -1, left);
  for (uint32_t i = 0; i < FLASH_BLOCK; i += PIECE) {
    uint8_t *piece = flash + block * FLASH_BLOCK + i;
    if (!step()) {
      for (int k = 0; k < PIECE; k++) piece[k] |= any();
      longjmp(off, 1);
    }
    memset(piece, 0xff, PIECE);
  }
  return true;
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
static bool history(long cut) {
  static volatile int now, kept[IDS];
  static volatile uint32_t sequence;
  /* A flash that was used for something else. */
  noise = (unsigned)cut * 2654435761u + 1;
  for (int i = 0; i < SIZE; i++) flash[i] = any();
  for (int i = 0; i < IDS; i++) kept[i] = -1;
  sequence = 0;
  left = cut;
  now = -1;
  bool failed = setjmp(off);
  if (!failed) {
    records_open();
    for (now = 0; now < op_count; now++) {
      uint8_t bytes[RECORD_MAX];
      fill(bytes, ops[now].len, ops[now].seed);
      if (!records_put(ops[now].id, bytes, ops[now].len)) lose("a put was refused", now, cut);
      kept[ops[now].id] = now;
      if (records_sequence() <= sequence) lose("the sequence did not rise", now, cut);
      sequence = records_sequence();
    }
  }
  left = -1;
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
  long cut = 0;
  while (history(cut)) cut++;
  printf("%ld\n", cut);
}
