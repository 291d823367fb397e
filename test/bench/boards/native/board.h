/* What a machine gives to main.c. */
#ifndef SIXFOLD_BOARD_H
#define SIXFOLD_BOARD_H

#include <stdint.h>

/* Cycles or instructions so far, modulo 2^32. */
uint32_t board_stamp(void);
void board_write(char c);
/* Ends the run. */
__attribute__((noreturn)) void board_end(void);

/* Ends the run with a sentence. */
__attribute__((noreturn)) void board_fail(const char *reason);

#endif
