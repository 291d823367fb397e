/* The serial flash behind the XIP window, written and erased from RAM: the window is closed meanwhile, and only interrupts
 * whose handlers lie in RAM go on. */
#ifndef SIXFOLD_FLASH_H
#define SIXFOLD_FLASH_H

#include <stdint.h>

enum { FLASH_SECTOR = 4096, FLASH_ID = 8 };

/* `at`: offset in flash, of a sector. */
void flash_erase(uint32_t at);
/* `len` bytes at `at`, in as many pages as they touch. */
void flash_program(uint32_t at, const uint8_t *from, uint32_t len);
/* The unique number that the chip was made with. */
void flash_id(uint8_t to[FLASH_ID]);

#endif
