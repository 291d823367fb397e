/* Records that survive power cuts, in FLASH_BLOCKS erase blocks that are used in turn: after a cut at any byte of any write, each
 * record is what it was before or what it was to be, and sequence numbers only rise. */
#ifndef SIXFOLD_RECORDS_H
#define SIXFOLD_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

enum { RECORD_MAX = 1024 };

/* Finds the newest sound block. Call first, and again after anything went wrong. */
void records_open(void);
/* Keeps `len` bytes (at most RECORD_MAX) under `id`; 0 bytes = forget it. True once it is safe. False: the flash failed, or the
 * records do not fit a block. */
bool records_put(uint32_t id, const void *bytes, uint32_t len);
/* Erases what will soon be needed, if that is not done yet, which may take long: for when there is nothing else to do. */
void records_prepare(void);
/* The newest bytes under `id`: their length, 0 = none. At most `room` of them are written. */
uint32_t records_get(uint32_t id, void *to, uint32_t room);
/* Walks over all records: starts with `*at` = 0; the next id, or 0 = no more. Nothing may be put in between. */
uint32_t records_next(uint32_t *at);
/* Rises with each record that was put. */
uint32_t records_sequence(void);

#endif
