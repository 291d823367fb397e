/* What main.c measures: an image behind its ABI (core.c), or a peer (lwip.c). A driver's view: a buffer is asked for, the device
 * writes the frame into it, the frame is handed in, and what leaves is read where it lies. */
#ifndef SIXFOLD_BOARD_SUBJECT_H
#define SIXFOLD_BOARD_SUBJECT_H

#include <stdint.h>

/* A frame that left; its bytes stay as they are until the next frame comes in. */
struct sent {
  uint32_t port, len;
  const uint8_t *frame;
};

void subject_start(void);
/* The calls of a setup (test/bench/native/tape.h). Frames that they cause are discarded. */
void subject_clock(uint64_t ms);
void subject_configure(const uint8_t *messages, uint32_t len);
void subject_tick(void);
void subject_drain(void);

/* Where the device puts the next frame of a port. */
uint8_t *subject_buffer(uint32_t port);
/* The frame is there: all of its way happens, what left is given back to its owner. Returns how many frames left; the last is in
 * `sent`. */
uint32_t subject_frame(uint32_t port, uint32_t len, struct sent *sent);

#endif
