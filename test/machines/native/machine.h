/* What replay.c needs of the machine that it runs on. */
#ifndef SIXFOLD_MACHINE_H
#define SIXFOLD_MACHINE_H

#include <stdint.h>

/* The next `size` bytes of the tape; how many there were. Fewer only at its end. */
uint32_t machine_read(void *to, uint32_t size);
/* Appends to the transcript. */
void machine_write(const void *from, uint32_t size);
/* Cycles or instructions so far, modulo 2^32. Called only where the program is built with MEASURE. */
uint32_t machine_cost(void);
/* Ends the program; `reason` is 0 when all is well, else a sentence for people. */
__attribute__((noreturn)) void machine_exit(const char *reason);

#endif
