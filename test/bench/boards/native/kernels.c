/* The core's inner loops beside C written by hand, on the same bytes of the image's memory: a line `NAME image|c COST` for each. */
#include "board.h"
#include "core.h"
#include "runtime.h"

CORE_INSTANCE;

enum { LENGTH = 1280 };

void runtime_trapped(const char *reason) { board_fail(reason); }

static void put(const char *text) {
  while (*text) board_write(*text++);
}

void board_fail(const char *reason) {
  put("fail ");
  put(reason);
  put("\n");
  board_end();
}

static void tell(const char *what, uint32_t cost) {
  char digits[11], *at = digits + sizeof digits;
  *--at = 0;
  do *--at = (char)('0' + cost % 10);
  while (cost /= 10);
  put(what);
  put(at);
  put("\n");
}

/* RFC 1071 over 32-bit words: all of them modulo 2^32 and their upper halves, as the core does. A 64-bit sum takes gcc twice as long on
 * Thumb. */
static __attribute__((noinline)) uint32_t c_sum(const uint8_t *bytes, uint32_t len) {
  const uint32_t *at = (const uint32_t *)(const void *)bytes;
  uint32_t all = 0, upper = 0;
  for (; len >= 16; len -= 16, at += 4) {
    const uint32_t a = at[0], b = at[1], c = at[2], d = at[3];
    all += a, upper += a >> 16;
    all += b, upper += b >> 16;
    all += c, upper += c >> 16;
    all += d, upper += d >> 16;
  }
  uint64_t sum = (uint64_t)(all - (upper << 16)) + upper;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint32_t)sum;
}

static __attribute__((noinline)) void c_copy(uint8_t *to, const uint8_t *from, uint32_t len) {
  uint32_t *w = (uint32_t *)(void *)to;
  const uint32_t *r = (const uint32_t *)(const void *)from;
  for (; len >= 16; len -= 16, w += 4, r += 4) {
    const uint32_t a = r[0], b = r[1], c = r[2], d = r[3];
    w[0] = a, w[1] = b, w[2] = c, w[3] = d;
  }
}

/* Targets and sources that overlap, and begin anywhere. */
static void check_copy(uint32_t room) {
  enum { AREA = 128 };
  static uint8_t expected[AREA];
  uint8_t *bytes = core_memory() + room;
  for (uint32_t to = 0; to < 12; to++) {
    for (uint32_t from = 0; from < 12; from++) {
      for (uint32_t len = 0; len < 70; len += 23) {
        for (uint32_t i = 0; i < AREA; i++) bytes[i] = expected[i] = (uint8_t)(i * 7 + 1);
        memmove(expected + to, expected + from, len);
        CORE_EXPORT(copy)(&core_instance, room + to, room + from, len);
        if (memcmp(bytes, expected, AREA)) board_fail("another copy where they overlap");
      }
    }
  }
}

int main(void) {
  uint32_t start = board_stamp();
  const uint32_t empty = board_stamp() - start;
  core_start();
  const uint32_t room = CORE_EXPORT(room)(&core_instance);
  uint8_t *bytes = core_memory() + room;
  check_copy(room);
  for (uint32_t i = 0; i < LENGTH; i++) bytes[i] = (uint8_t)(i * 7 + 1);
  start = board_stamp();
  const uint32_t ours = CORE_EXPORT(sum)(&core_instance, room, LENGTH);
  tell("checksum image ", board_stamp() - start - empty);
  start = board_stamp();
  const uint32_t theirs = c_sum(bytes, LENGTH);
  tell("checksum c ", board_stamp() - start - empty);
  if (ours != theirs) board_fail("another checksum");
  start = board_stamp();
  CORE_EXPORT(copy)(&core_instance, room + 2048, room, LENGTH);
  tell("copy image ", board_stamp() - start - empty);
  if (memcmp(bytes, bytes + 2048, LENGTH)) board_fail("another copy");
  start = board_stamp();
  c_copy(bytes + 2048, bytes, LENGTH);
  tell("copy c ", board_stamp() - start - empty);
  put("end\n");
  board_end();
}
