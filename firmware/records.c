/* See records.h. A block, little-endian:
 *
 *     0 magic (u32)   4 sequence of the block (u32)   8 CRC-32 of the 8 bytes before (u32)   12 ones
 *    16 records: id (u32), length (u16), ~length (u16), sequence (u32), CRC-32 of these 12 bytes and the data (u32), data, ones
 *
 * A block's header is written last, when the records that live are copied into it: until then the block before it holds.
 * A block is erased when it is next in turn, never while it is the newest. The first record that is not sound ends a block: what
 * follows it was never confirmed, and the next put moves on to the next block. */
#include "records.h"

#include <stddef.h>

#include "crc32.h"
#include "port.h"

enum { MAGIC = 0x44463653, HEADER = 16, NONE = -1 };

struct header {
  uint32_t id;
  uint16_t len, check;
  uint32_t sequence, crc;
};

static int32_t block;      /* the newest sound one */
static uint32_t sequence;  /* of the last record or block */
static uint32_t end;       /* behind the last record of the block */
static bool torn;          /* what lies at `end` is not blank */
static bool ready;         /* the block that is next is erased */

static uint32_t padded(uint32_t len) { return (len + FLASH_UNIT - 1) / FLASH_UNIT * FLASH_UNIT; }
static uint32_t first(uint32_t b) { return b * FLASH_BLOCK + padded(HEADER); }
static uint32_t size_of(uint32_t len) { return padded(sizeof(struct header)) + padded(len); }
static uint32_t next_block(void) { return block == NONE ? 0 : ((uint32_t)block + 1) % FLASH_BLOCKS; }
static uint32_t limit(uint32_t b) { return (b + 1) * FLASH_BLOCK; }

/* CRC of a record's head without its CRC, and of its data in flash or in memory. */
static uint32_t crc_head(const struct header *h) { return crc32(0, h, offsetof(struct header, crc)); }
static uint32_t crc_flash(uint32_t crc, uint32_t at, uint32_t len) {
  uint8_t part[64];
  for (uint32_t n; len; at += n, len -= n) {
    n = len < sizeof part ? len : sizeof part;
    port_flash_read(at, part, n);
    crc = crc32(crc, part, n);
  }
  return crc;
}

/* The record at `at` of block `b`; false: there is no sound one. */
static bool sound(uint32_t b, uint32_t at, struct header *h) {
  if (at + padded(sizeof *h) > limit(b)) return false;
  port_flash_read(at, h, sizeof *h);
  if ((h->len ^ h->check) != 0xffff || h->len > RECORD_MAX || at + size_of(h->len) > limit(b)) return false;
  return crc_flash(crc_head(h), at + padded(sizeof *h), h->len) == h->crc;
}
static bool blank(uint32_t from, uint32_t to) {
  uint8_t part[64];
  for (uint32_t n; from < to; from += n) {
    n = to - from < sizeof part ? to - from : sizeof part;
    port_flash_read(from, part, n);
    for (uint32_t i = 0; i < n; i++) {
      if (part[i] != 0xff) return false;
    }
  }
  return true;
}
/* Behind the last sound record of a block. */
static uint32_t walk(uint32_t b) {
  uint32_t at = first(b);
  for (struct header h; sound(b, at, &h); at += size_of(h.len)) {
    if (h.sequence > sequence) sequence = h.sequence;
  }
  return at;
}

void records_open(void) {
  block = NONE;
  sequence = end = 0;
  torn = ready = false;
  uint32_t newest = 0;
  for (uint32_t b = 0; b < FLASH_BLOCKS; b++) {
    uint32_t h[3];
    port_flash_read(b * FLASH_BLOCK, h, sizeof h);
    if (h[0] != MAGIC || h[2] != crc32(0, h, 8) || (block != NONE && h[1] <= newest)) continue;
    block = (int32_t)b;
    newest = h[1];
  }
  if (block == NONE) {
    /* As it left its factory: nothing was ever written, so no erase was ever cut off, after which cells only look blank. */
    ready = blank(0, FLASH_BLOCKS * FLASH_BLOCK);
    return;
  }
  sequence = newest;
  end = walk((uint32_t)block);
  torn = !blank(end, limit((uint32_t)block));
}

/* Finds the newest record of an id in the block: where it is, 0 = none. */
static uint32_t find(uint32_t id, struct header *found) {
  uint32_t where = 0;
  if (block == NONE) return 0;
  struct header h;
  for (uint32_t at = first((uint32_t)block); at < end; at += size_of(h.len)) {
    port_flash_read(at, &h, sizeof h);
    if (h.id == id) {
      where = at;
      *found = h;
    }
  }
  return where;
}

static bool program(uint32_t at, const void *bytes, uint32_t len) {
  uint32_t whole = len / FLASH_UNIT * FLASH_UNIT;
  if (whole && !port_flash_program(at, bytes, whole)) return false;
  if (whole == len) return true;
  uint8_t last[FLASH_UNIT];
  for (uint32_t i = 0; i < FLASH_UNIT; i++) last[i] = whole + i < len ? ((const uint8_t *)bytes)[whole + i] : 0xff;
  return port_flash_program(at + whole, last, FLASH_UNIT);
}
/* Writes a record and reads it back. */
static bool append(uint32_t b, uint32_t at, struct header h, const void *bytes) {
  h.check = (uint16_t)~h.len;
  h.crc = crc32(crc_head(&h), bytes, h.len);
  struct header back;
  return program(at, &h, sizeof h) && program(at + padded(sizeof h), bytes, h.len) && sound(b, at, &back) &&
         back.crc == h.crc;
}

/* Copies what lives, `id` aside, into the next block and makes it the newest; the bytes of `id` go with them. */
static bool move_on(uint32_t id, const void *bytes, uint32_t len) {
  static uint8_t copy[RECORD_MAX];
  uint32_t b = next_block();
  if (!ready && !port_flash_erase(b)) return false;
  ready = false;
  uint32_t to = first(b);
  struct header h;
  for (uint32_t at = block == NONE ? end : first((uint32_t)block); at < end; at += size_of(h.len)) {
    port_flash_read(at, &h, sizeof h);
    struct header newest;
    if (h.id == id || h.len == 0 || find(h.id, &newest) != at) continue;
    port_flash_read(at + padded(sizeof h), copy, h.len);
    if (to + size_of(h.len) > limit(b) || !append(b, to, h, copy)) return false;
    to += size_of(h.len);
  }
  if (len) {
    h = (struct header){.id = id, .len = (uint16_t)len, .sequence = sequence + 1};
    if (to + size_of(len) > limit(b) || !append(b, to, h, bytes)) return false;
    to += size_of(len);
  }
  uint32_t head[4] = {MAGIC, sequence + 2, 0, 0xffffffff};
  head[2] = crc32(0, head, 8);
  if (!program(b * FLASH_BLOCK, head, sizeof head)) return false;
  block = (int32_t)b;
  sequence += 2;
  end = to;
  torn = false;
  return true;
}

void records_prepare(void) {
  bool soon = block == NONE || torn || end > first((uint32_t)block) + FLASH_BLOCK / 2;
  if (soon && !ready) ready = port_flash_erase(next_block());
}
bool records_put(uint32_t id, const void *bytes, uint32_t len) {
  if (len > RECORD_MAX) return false;
  if (block == NONE || torn || end + size_of(len) > limit((uint32_t)block)) return move_on(id, bytes, len);
  struct header h = {.id = id, .len = (uint16_t)len, .sequence = sequence + 1};
  if (!append((uint32_t)block, end, h, bytes)) {
    torn = true;
    return move_on(id, bytes, len);
  }
  end += size_of(len);
  sequence++;
  return true;
}
uint32_t records_get(uint32_t id, void *to, uint32_t room) {
  struct header h;
  uint32_t at = find(id, &h);
  if (!at) return 0;
  uint32_t len = h.len < room ? h.len : room;
  if (len) port_flash_read(at + padded(sizeof h), to, len);
  return h.len;
}
uint32_t records_next(uint32_t *at) {
  if (block == NONE) return 0;
  if (*at == 0) *at = first((uint32_t)block);
  while (*at < end) {
    struct header h, newest;
    uint32_t here = *at;
    port_flash_read(here, &h, sizeof h);
    *at += size_of(h.len);
    if (h.len && find(h.id, &newest) == here) return h.id;
  }
  return 0;
}
uint32_t records_sequence(void) { return sequence; }
