/* Algorithms over a packet's text, each twice, the second time measured: a line `NAME BYTES COST` for each size. algorithms.h, which the
 * bench writes, lists the exports of the module. */
#include "algorithms.h"
#include "board.h"
#include "core.h"
#include "runtime.h"

CORE_INSTANCE;

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

static void tell(uint32_t cost) {
  char digits[11], *at = digits + sizeof digits;
  *--at = 0;
  do *--at = (char)('0' + cost % 10);
  while (cost /= 10);
  put(at);
}

static uint32_t empty;

static void measure(const char *name, void (*run)(Z_image_instance_t *, uint32_t)) {
  static const uint32_t sizes[] = {64, 512, 1280};
  for (int i = 0; i < 3; i++) {
    run(&core_instance, sizes[i]);
    uint32_t start = board_stamp();
    run(&core_instance, sizes[i]);
    uint32_t cost = board_stamp() - start - empty;
    put(name);
    put(" ");
    tell(sizes[i]);
    put(" ");
    tell(cost);
    put("\n");
  }
}

int main(void) {
  uint32_t start = board_stamp();
  empty = board_stamp() - start;
  core_start();
  CORE_EXPORT(makeAesReady)(&core_instance);
  CORE_EXPORT(makeHmacReady)(&core_instance, 1);
#define ALGORITHM(name) measure(#name, CORE_EXPORT(name));
  ALGORITHMS
  put("end\n");
  board_end();
}
