/* Compiled without sanitizers and coverage. Not memcpy, which AddressSanitizer intercepts. */
#include "raw.h"

uint32_t raw_turns;

void raw_copy(void *to, const void *from, size_t len) {
  uint64_t *t = to;
  const uint64_t *f = from;
  for (size_t i = 0; i < len / 8; i++) t[i] = f[i];
}
void raw_fill(void *to, uint8_t byte, size_t len) {
  uint64_t *t = to;
  for (size_t i = 0; i < len / 8; i++) t[i] = byte * 0x0101010101010101u;
}
void raw_written(uint64_t addr, uint64_t size) {
  const uint8_t *known = RAW_KNOWN;
  if (!known[addr >> 3] || !known[(addr + size - 1) >> 3]) under_test_written(addr, size);
}
void raw_turn(void) {
  if (!--raw_turns) under_test_hangs();
}

/* Comparisons with constants: for some targets the linker puts these in the place of libFuzzer's (build.ts). */
void __wrap___sanitizer_cov_trace_const_cmp1(uint8_t a, uint8_t b) { (void)a, (void)b; }
void __wrap___sanitizer_cov_trace_const_cmp2(uint16_t a, uint16_t b) { (void)a, (void)b; }
void __wrap___sanitizer_cov_trace_const_cmp4(uint32_t a, uint32_t b) { (void)a, (void)b; }
void __wrap___sanitizer_cov_trace_const_cmp8(uint64_t a, uint64_t b) { (void)a, (void)b; }
