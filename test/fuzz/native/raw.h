/* What AddressSanitizer does not look at and libFuzzer does not count: copies over closed gaps and of the sanitizer's own shadow
 * bytes, and what each store and each loop of the image under test does besides. */
#ifndef SIXFOLD_FUZZ_RAW_H
#define SIXFOLD_FUZZ_RAW_H

#include <stddef.h>
#include <stdint.h>

/* All in multiples of 8, aligned to 8. */
void raw_copy(void *to, const void *from, size_t len);
void raw_fill(void *to, uint8_t byte, size_t len);

/* A byte for each 8 of the image's memory and of the address space behind it: 1 = they may be written without asking. */
#define RAW_KNOWN ((uint8_t *)0x280000000000)
/* Repetitions of loops that are left to the call. */
extern uint32_t raw_turns;

/* The image is about to write bytes; asks under_test_written where they are not known. */
void raw_written(uint64_t addr, uint64_t size);
void raw_turn(void);
/* Defined by under_test.c. */
void under_test_written(uint64_t addr, uint64_t size);
__attribute__((noreturn)) void under_test_hangs(void);

#endif
