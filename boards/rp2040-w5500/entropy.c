/* See entropy.h. The ring oscillator runs beside the crystal, and its phase, seen by the crystal's clock, wanders. RANDOMBIT is that
 * phase (datasheet §2.17.5; which says that it is not for systems that must hold against somebody who can get at the chip).
 *
 * A raw bit is read every 2 us or more. Pairs that differ give a bit (von Neumann), which takes the bias away; each bit of the result
 * is four of those, added. About 16 raw bits a bit: 10 ms in all. Raw bits that repeat for long, or pairs that seldom differ, are no
 * noise (NIST SP 800-90B §4.4.1, §4.4.2: repetition count, proportion). */
#include "entropy.h"

#include "rp2040.h"

enum {
  RANDOMBIT = 0x1c,
  APART_US = 2,
  BITS = 256, ADDED = 4,
  /* A fair bit repeats so often once in 2^40. */
  REPEATS_MAX = 41,
  /* Of a fair source every second pair differs. */
  PAIRS_MAX = BITS * ADDED * 4,
};

static uint32_t last, repeats;

static uint32_t raw(void) {
  uint32_t begin = timer_us();
  while (timer_us() - begin < APART_US) {
  }
  uint32_t bit = REG(ROSC + RANDOMBIT) & 1;
  repeats = bit == last ? repeats + 1 : 1;
  last = bit;
  return bit;
}
bool entropy_read(uint8_t to[32]) {
  repeats = 0;
  uint32_t pairs = 0, bits = 0;
  for (int i = 0; i < 32; i++) to[i] = (uint8_t)(timer_us() >> i % 4 * 8);
  while (bits < BITS * ADDED) {
    uint32_t first = raw(), second = raw();
    if (repeats > REPEATS_MAX || ++pairs > PAIRS_MAX) return false;
    if (first == second) continue;
    uint32_t bit = bits++ % BITS;
    to[bit / 8] ^= (uint8_t)(first << bit % 8);
  }
  return true;
}
