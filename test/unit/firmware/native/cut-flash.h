/* A flash whose power fails: FLASH_BLOCKS blocks of FLASH_BLOCK bytes behind the flash functions of port.h.
 *
 * Programming turns ones to zeros byte by byte, the byte at which power fails gets some of its zeros only. Erasing goes through the
 * block in pieces, and where power fails a piece holds anything. Each byte and each piece is a step. */
#ifndef CUT_FLASH_H
#define CUT_FLASH_H

#include <setjmp.h>

#include "port.h"

/* Where a power cut jumps to. */
extern jmp_buf cut_off;

/* A flash as it left its factory, or one that was used for something else, and power until step `cut`; -1: for ever. */
void cut_begin(long cut, bool blank);
/* Power is back, for ever. */
void cut_power_on(void);

#endif
