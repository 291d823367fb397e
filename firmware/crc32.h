#ifndef SIXFOLD_CRC32_H
#define SIXFOLD_CRC32_H

#include <stdint.h>

/* CRC-32 as in Ethernet and zip: reflected polynomial 0xedb88320. Starts with `crc` = 0; goes on with what it gave. */
uint32_t crc32(uint32_t crc, const void *bytes, uint32_t len);

#endif
