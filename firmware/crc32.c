/* See crc32.h. Bit by bit: a table would take a kilobyte of flash, and records are short. */
#include "crc32.h"

uint32_t crc32(uint32_t crc, const void *bytes, uint32_t len) {
  const uint8_t *p = bytes;
  crc = ~crc;
  while (len--) {
    crc ^= *p++;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc;
}
