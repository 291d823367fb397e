/* firmware/records.c on a flash that is anything at all. Steps, each {u8 what, ...}:
 *
 *     0 = put {u8 id, u16 length, u8 byte}   1 = get {u8 id, u16 room}   2 = walk   3 = open again
 *     4 = bits flip {u16 at, u8 which}       5 = bytes from the input {u16 at, u8 n, n bytes}
 *     6 = the power goes in the next put, after {u8 n} programmed units; then open again   7 = prepare */
#include "records.h"

#include <string.h>

#include "input.h"
#include "port.h"

enum { IDS = 6, SIZE = FLASH_BLOCK * FLASH_BLOCKS, NEVER = 0x7fffffff };

static uint8_t flash[SIZE];
static int32_t units_left;
/* What was put under an id, while nobody has spoilt the flash. */
static struct {
  uint32_t len;
  uint8_t byte;
} kept[IDS];
static bool spoilt;

void port_flash_read(uint32_t at, void *to, uint32_t len) {
  promised(at <= SIZE && len <= SIZE - at, "reads stay in the flash");
  memcpy(to, flash + at, len);
}
bool port_flash_erase(uint32_t block) {
  promised(block < FLASH_BLOCKS, "only its blocks are erased");
  if (units_left <= 0) return false;
  memset(flash + block * FLASH_BLOCK, 0xff, FLASH_BLOCK);
  return true;
}
bool port_flash_program(uint32_t at, const void *from, uint32_t len) {
  promised(at % FLASH_UNIT == 0 && len % FLASH_UNIT == 0, "whole units are programmed");
  promised(at <= SIZE && len <= SIZE - at, "writes stay in the flash");
  for (uint32_t i = 0; i < len; i++) {
    if (i % FLASH_UNIT == 0 && units_left-- <= 0) return false;
    flash[at + i] &= ((const uint8_t *)from)[i];
  }
  return true;
}

static uint8_t bytes[RECORD_MAX];

static bool holds(uint32_t id, uint32_t len, uint8_t byte) {
  static uint8_t got[RECORD_MAX];
  if (records_get(id, got, sizeof got) != len) return false;
  for (uint32_t i = 0; i < len; i++) {
    if (got[i] != byte) return false;
  }
  return true;
}
static void check_kept(void) {
  for (uint32_t id = 1; id < IDS && !spoilt; id++) {
    promised(holds(id, kept[id].len, kept[id].byte), "what was put is there");
  }
}
static void put(struct input *in) {
  uint32_t id = 1 + input_8(in) % (IDS - 1), len = input_16(in) % (RECORD_MAX + 1);
  uint8_t byte = (uint8_t)input_8(in);
  memset(bytes, byte, len);
  uint32_t before = records_sequence();
  bool done = records_put(id, bytes, len), cut = units_left <= 0;
  units_left = NEVER;
  if (done) {
    promised(holds(id, len, byte), "what was put can be got");
    promised(records_sequence() > before, "the sequence rises");
  }
  if (cut) {
    records_open();
    bool is_new = holds(id, len, byte);
    promised(spoilt || is_new || holds(id, kept[id].len, kept[id].byte), "after a power cut a record is old or new");
    done = is_new;
  }
  if (!done) return;
  kept[id].len = len;
  kept[id].byte = byte;
}
static void get(struct input *in) {
  uint32_t id = input_8(in) % IDS, room = input_16(in) % (RECORD_MAX + 1);
  uint8_t *to = malloc(room ? room : 1);
  promised(records_get(id, to, room) <= RECORD_MAX, "no record is longer than RECORD_MAX");
  free(to);
}
static void walk(void) {
  uint32_t at = 0, count = 0;
  while (records_next(&at)) promised(++count <= SIZE / FLASH_UNIT, "a walk ends");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input in = {data, data + size};
  memset(flash, 0xff, sizeof flash);
  memset(kept, 0, sizeof kept);
  units_left = NEVER;
  spoilt = false;
  records_open();
  while (in.at < in.end) {
    uint32_t at;
    const uint8_t *from;
    switch (input_8(&in) % 8) {
      case 0:
        put(&in);
        break;
      case 1:
        get(&in);
        break;
      case 2:
        walk();
        break;
      case 3:
        records_open();
        break;
      case 4:
        at = input_16(&in) % SIZE;
        flash[at] ^= (uint8_t)input_8(&in);
        spoilt = true;
        records_open();
        break;
      case 5:
        at = input_16(&in) % SIZE;
        uint32_t n = input_bytes(&in, &from, input_8(&in));
        memcpy(flash + at, from, n < SIZE - at ? n : SIZE - at);
        spoilt = true;
        records_open();
        break;
      case 6:
        units_left = (int32_t)input_8(&in);
        put(&in);
        break;
      default:
        records_prepare();
    }
    check_kept();
  }
  return 0;
}
