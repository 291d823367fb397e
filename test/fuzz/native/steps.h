/* What an input of a sequence target is made of: steps, one behind the other.
 *
 *     0 what happens: 15 = kind, 0xf0 = argument   1 time that passes before: index of STEP_MS, 0x80 = the caller oversleeps
 *     2 length of the data, little-endian   4 data
 *
 * Any bytes are an input: the last step ends where they end. */
#ifndef SIXFOLD_FUZZ_STEPS_H
#define SIXFOLD_FUZZ_STEPS_H

#include <stddef.h>
#include <stdint.h>

enum step_kind {
  STEP_FRAME,     /* data: a frame. Argument: 3 = port, 4 = its checksums stay as they are */
  STEP_ANSWER,    /* what a peer says to a frame that left; argument: to which, the last is 0. Data: {u16 offset, u8 value} changes to it */
  STEP_ECHO,      /* a frame that left comes back; argument likewise */
  STEP_LINK,      /* carrier. Argument: 3 = port, 4 = it comes */
  STEP_CONFIGURE, /* data: messages */
  STEP_POWER_CUT, /* a start with the records that were kept */
  STEP_SLOW_LINK, /* frames are given back late. Argument: 1 = from now on, 0 = no longer */
  STEP_SLOW_FLASH /* records are kept late. Argument likewise */,
  STEP_KINDS,
};
enum { STEP_HEADER = 4, STEP_OVERSLEPT = 0x80, STEP_DATA_MAX = 1536 };

static const uint32_t STEP_MS[] = {0, 1, 10, 100, 1000, 5000, 30000, 600000};

struct step {
  enum step_kind kind;
  uint32_t argument;
  uint32_t ms;
  int overslept;
  const uint8_t *data;
  uint32_t len;
};

/* The step at *at, which moves behind it; 0: there is none. */
static inline int step_next(const uint8_t **at, const uint8_t *end, struct step *step) {
  const uint8_t *p = *at;
  if (end - p < STEP_HEADER) return 0;
  step->kind = (enum step_kind)((p[0] & 15) % STEP_KINDS);
  step->argument = p[0] >> 4;
  step->ms = STEP_MS[(p[1] & 7)];
  step->overslept = p[1] & STEP_OVERSLEPT;
  step->len = (uint32_t)(p[2] | p[3] << 8);
  step->data = p + STEP_HEADER;
  if (step->len > (size_t)(end - step->data)) step->len = (uint32_t)(end - step->data);
  *at = step->data + step->len;
  if (step->len > STEP_DATA_MAX) step->len = STEP_DATA_MAX;
  return 1;
}

#endif
