/* Reads what test/bench/tape.ts writes: a setup (calls of the ABI in order) and cases (frames in, frames expected out).
 *
 *     setup   {u32 op, u32 a, u32 b, u32 length, bytes padded to 4} ..., op 0 ends it
 *     cases   {u32 count}, then count times {u32 port in, u32 length, u32 port out, u32 length, bytes in, bytes out, each
 *             padded to 4}
 *
 * Scalars are little-endian. The host must be so too. */
#ifndef SIXFOLD_TAPE_H
#define SIXFOLD_TAPE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum tape_op { TAPE_END, TAPE_CLOCK, TAPE_CONFIGURE, TAPE_RX, TAPE_TICK, TAPE_DRAIN, TAPE_RESTART };

struct tape_step {
  uint32_t op, a, b, len;
  const uint8_t *bytes;
};

struct tape_case {
  uint32_t port, len, out_port, out_len;
  const uint8_t *in, *out;
};

struct tape_cases {
  uint32_t count;
  struct tape_case *at;
};

static inline uint32_t tape_padded(uint32_t len) { return (len + 3) & ~3u; }

/* The whole file; ends the program with a sentence when it cannot be read. */
static inline uint8_t *tape_load(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) {
    fprintf(stderr, "%s: cannot be read\n", path);
    exit(2);
  }
  long size = ftell(file);
  uint8_t *data = malloc((size_t)size + 1);
  rewind(file);
  if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
    fprintf(stderr, "%s: cannot be read\n", path);
    exit(2);
  }
  fclose(file);
  return data;
}

/* The step at *at, which moves behind it. */
static inline struct tape_step tape_next(const uint8_t **at) {
  const uint32_t *head = (const uint32_t *)(const void *)*at;
  struct tape_step step = {head[0], head[1], head[2], head[3], *at + 16};
  *at += 16 + tape_padded(step.len);
  return step;
}

static inline struct tape_cases tape_cases(const char *path) {
  const uint8_t *at = tape_load(path);
  struct tape_cases cases = {*(const uint32_t *)(const void *)at, 0};
  cases.at = calloc(cases.count, sizeof *cases.at);
  at += 4;
  for (uint32_t i = 0; i < cases.count; i++) {
    const uint32_t *head = (const uint32_t *)(const void *)at;
    struct tape_case *c = &cases.at[i];
    *c = (struct tape_case){head[0], head[1], head[2], head[3], at + 16, at + 16 + tape_padded(head[1])};
    at += 16 + tape_padded(c->len) + tape_padded(c->out_len);
  }
  return cases;
}

#endif
