/* The image under test: its memory, what of it may be read and written, its state between inputs.
 *
 * The memory is one array to the processor, so that an access beyond an object would go unnoticed. AddressSanitizer is told
 * what is out of bounds:
 *   - the first bytes, where null pointers point, and a gap behind every region (test/fuzz/instrument.ts)
 *   - of a packet's buffer everything while it is free; while somebody has it, each byte until it is written: a read behind the
 *     packet's end finds bytes that nobody wrote */
#ifndef SIXFOLD_FUZZ_UNDER_TEST_H
#define SIXFOLD_FUZZ_UNDER_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raw.h"

/* Where the linear memory lies: a constant, so that an access costs no look-up. -DRUNTIME_AT says the same to the runtime. */
#define FUZZ_MEMORY ((uint8_t *)RUNTIME_AT)

enum {
  /* Repetitions of loops that one call of the ABI may take. */
  TURNS_A_CALL = 200000,
  /* test/fuzz/instrument.ts */
  GAP = 32,
  DOORBELL_TAKEN = 4032,
  DOORBELL_FREED = 4064,
};

/* Reports what was found and ends the program. */
__attribute__((noreturn)) void found(const char *what, const char *detail);

/* Starts the image. Once. */
void under_test_start(void);
/* The state to which `under_test_restore` goes back from here on. */
void under_test_keep(void);
void under_test_restore(void);
/* The image as it was when `under_test_start` returned: a start after a power cut. */
void under_test_power_cut(void);
/* Gives the next call its budget. */
static inline void under_test_call(void) { raw_turns = TURNS_A_CALL; }
/* Writes bytes to the image's memory. Outside of the pool, what follows them in the `room` that there is is out of bounds. */
void under_test_put(uint32_t at, const void *bytes, uint32_t len, uint32_t room);
/* Buffers of the pool, and how many of them somebody has. */
uint32_t under_test_buffers(void);
uint32_t under_test_taken(void);

#endif
