/* See cut-flash.h. */
#include "cut-flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = FLASH_BLOCK * FLASH_BLOCKS, PIECE = 32 };

jmp_buf cut_off;
static uint8_t flash[SIZE];
static long left;
static unsigned noise;

static void wrong(const char *what) {
  printf("%s\n", what);
  exit(1);
}
static uint8_t any(void) { return (uint8_t)((noise = noise * 1103515245 + 12345) >> 16); }
static bool step(void) { return left < 0 || left-- > 0; }

void cut_begin(long cut, bool blank) {
  noise = (unsigned)cut * 2654435761u + 1;
  for (int i = 0; i < SIZE; i++) flash[i] = blank ? 0xff : any();
  left = cut;
}
void cut_power_on(void) { left = -1; }

void port_flash_read(uint32_t at, void *to, uint32_t len) {
  if (at + len > SIZE) wrong("read beyond the flash");
  memcpy(to, flash + at, len);
}
bool port_flash_program(uint32_t at, const void *from, uint32_t len) {
  if (at % FLASH_UNIT || len % FLASH_UNIT || at + len > SIZE) wrong("programming does not keep to units");
  for (uint32_t i = 0; i < len; i++) {
    uint8_t byte = ((const uint8_t *)from)[i];
    if (!step()) {
      flash[at + i] &= byte | any();
      longjmp(cut_off, 1);
    }
    flash[at + i] &= byte;
  }
  return true;
}
bool port_flash_erase(uint32_t block) {
  if (block >= FLASH_BLOCKS) wrong("erasing beyond the flash");
  for (uint32_t i = 0; i < FLASH_BLOCK; i += PIECE) {
    uint8_t *piece = flash + block * FLASH_BLOCK + i;
    if (!step()) {
      for (int k = 0; k < PIECE; k++) piece[k] |= any();
      longjmp(cut_off, 1);
    }
    memset(piece, 0xff, PIECE);
  }
  return true;
}
