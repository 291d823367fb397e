/* The flash, past the cache. Interrupts are off while it is used: a sector takes up to 0.4 s to erase. */
#ifndef SIXFOLD_FLASH_H
#define SIXFOLD_FLASH_H

#include <stdint.h>

enum { FLASH_SECTOR = 4096 };

void flash_read(uint32_t at, uint8_t *to, uint32_t len);
void flash_erase(uint32_t at);
/* `from` may lie in flash. */
void flash_program(uint32_t at, const uint8_t *from, uint32_t len);

#endif
