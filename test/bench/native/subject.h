/* What bench.c measures: an image behind its ABI (core.c), or a peer (lwip.c). */
#ifndef SIXFOLD_SUBJECT_H
#define SIXFOLD_SUBJECT_H

#include <stdint.h>

#include "tape.h"

/* Is called for every frame that the subject sends, in order. */
typedef void subject_sink(uint32_t port, const uint8_t *frame, uint32_t len);

void subject_start(void);
/* One call of the setup. Frames that it causes are discarded. */
void subject_step(const struct tape_step *step);
/* Hands in `n` frames (copied once, into the subject's own buffers), takes out (in place) what they became. `sink` may be 0.
 * Returns how many frames came out. */
uint32_t subject_burst(const struct tape_case *cases, uint32_t n, subject_sink *sink);

#endif
