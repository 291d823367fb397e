/* Takes an input apart: numbers, then bytes; zeros behind its end. */
#ifndef SIXFOLD_FUZZ_INPUT_H
#define SIXFOLD_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct input {
  const uint8_t *at, *end;
};

static inline uint32_t input_8(struct input *in) { return in->at < in->end ? *in->at++ : 0; }
static inline uint32_t input_16(struct input *in) {
  uint32_t low = input_8(in);
  return low | input_8(in) << 8;
}
/* Up to `len` bytes; how many there are. */
static inline uint32_t input_bytes(struct input *in, const uint8_t **bytes, uint32_t len) {
  uint32_t left = (uint32_t)(in->end - in->at);
  *bytes = in->at;
  if (len > left) len = left;
  in->at += len;
  return len;
}
/* Ends the program where a promise is broken. */
static inline void promised(int kept, const char *what) {
  if (kept) return;
  fprintf(stderr, "== PROMISE: %s ==\n", what);
  abort();
}

#endif
