/* What a processor computes, folded into one number: for the PC as a program, for rv32 as a function. */
#include <stdint.h>

static uint32_t seed;
static uint32_t next(void) {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  return seed ^= seed << 5;
}
static uint32_t sum;
static void fold(uint32_t value) { sum = (sum << 5 | sum >> 27) ^ value; }

static uint8_t bytes[64];
static uint16_t halves[32];
static int32_t words[16];

uint32_t arithmetic(uint32_t start);
uint32_t arithmetic(uint32_t start) {
  seed = start;
  sum = 0;
  for (int i = 0; i < 2000; i++) {
    uint32_t a = next(), b = i % 7 ? next() : next() % 5, n = next();
    int32_t x = (int32_t)a, y = (int32_t)b;
    fold(a + b);
    fold(a - b);
    fold(a * b);
    fold((uint32_t)(((uint64_t)a * b) >> 32));
    fold((uint32_t)(((int64_t)x * y) >> 32));
    fold((uint32_t)(((int64_t)x * (int64_t)(uint64_t)b) >> 32));
    if (b) {
      fold(a / b);
      fold(a % b);
      if (!(a == 0x80000000u && b == 0xffffffffu)) fold((uint32_t)(x / y) ^ (uint32_t)(x % y));
    }
    fold(a << (n & 31));
    fold(a >> (n & 31));
    fold((uint32_t)(x >> (n & 31)));
    fold((uint32_t)((x < y) + 2 * (a < b) + 4 * (x >= -7) + 8 * (a < 1234567u)));
    fold((a & b) ^ (a | n) ^ (b & 0xff0u) ^ (n | 0x55u));
    bytes[n % 64] = (uint8_t)a;
    halves[n % 32] ^= (uint16_t)b;
    words[n % 16] += x;
    fold((uint32_t)((int8_t)bytes[a % 64] + (int16_t)halves[b % 32] + bytes[b % 64] + halves[a % 32]));
    fold((uint32_t)words[a % 16]);
    switch (n % 6) {
      case 0: fold(n / 3); break;
      case 1: fold(n * 10); break;
      case 2: fold((uint32_t)((int32_t)n / 1000)); break;
      case 3: fold(n % 1000); break;
      case 4: fold(~n); break;
      default: fold((uint32_t)-x);
    }
    uint64_t wide = ((uint64_t)a << 32 | b) + n;
    fold((uint32_t)(wide >> (n % 64)) ^ (uint32_t)((int64_t)wide < (int64_t)(x * 3ll)));
  }
  return sum;
}

#ifndef __riscv
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **words_) {
  for (int i = 1; i < count; i++) printf("%u\n", arithmetic((uint32_t)strtoul(words_[i], 0, 10)));
}
#endif
