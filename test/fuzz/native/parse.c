/* libFuzzer over one parser: PARSER, an export of the module under test (test/fuzz/assembly). An input is
 *
 *     0 how, the parser's own choices (u16, little-endian)   2 the bytes to be parsed
 *
 * Behind them nothing may be read. What the parser makes of them is checked in the module (a trap), what leaves the image here.
 *
 * WHOLE_PACKET: the bytes are a packet whose checksums are put right, but for `how` with the highest bit.
 * CONTROL: they are messages for `configure`; MESSAGE: the value of one message of that type. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "checksums.h"
#include "core.h"
#include "node.h"
#include "under_test.h"

/* The macro's value, not its name, is what CORE_EXPORT joins to a name. */
#define ENTRY(name) CORE_EXPORT(name)

enum { HEADER = 2, ROOM = 2048, LONGEST = 1500, AS_IT_IS = 0x8000, APPLICATION = 1 };

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  node_start(getenv("FUZZ_SETUP"));
  return 0;
}

#ifdef CONTROL
static void parse(uint32_t how, uint8_t *bytes, uint32_t len) {
  (void)how;
#ifdef MESSAGE
  memmove(bytes + 4, bytes, len);
  memcpy(bytes, (uint8_t[]){MESSAGE, 0, (uint8_t)len, (uint8_t)(len >> 8)}, 4);
  len += 4;
#endif
  node_configure(bytes, len);
  node_drain();
  node_tick();
}
#else
static void parse(uint32_t how, uint8_t *bytes, uint32_t len) {
#ifdef WHOLE_PACKET
  if (!(how & AS_IT_IS)) checksums_fix(bytes, len);
  node_expect(APPLICATION, bytes, len);
#endif
  under_test_call();
  uint32_t at = CORE_EXPORT(place)(&core_instance);
  under_test_put(at, bytes, len, ROOM);
  ENTRY(PARSER)(&core_instance, at, how, len);
  if (under_test_buffers()) node_drain();
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < HEADER) return 0;
  static uint8_t bytes[LONGEST + 4];
  uint32_t len = size - HEADER < LONGEST ? (uint32_t)(size - HEADER) : LONGEST;
  memcpy(bytes, data + HEADER, len);
  node_restore();
  parse((uint32_t)(data[0] | data[1] << 8), bytes, len);
  return 0;
}
