/* Loads and stores of an image, in place of wasm2c's own: the build puts an #include of this file before the first use of DEFINE_LOAD.
 *
 * wasm2c adds the offset of a load to its address in 64 bits and compares with the memory's size, and it copies byte by byte, which a
 * Cortex-M0+ pays for dearly. Here the sum has 32 bits, the size is a constant, and a value is read where it lies. An address whose
 * sum leaves 32 bits wraps, so it is still compared: nothing outside of the image's memory is ever touched.
 *
 * WebAssembly may read words that are not aligned. The processor does that, or the board's fault handler in its place; or, with
 * MEMORY_TRAP_UNALIGNED, they trap, which finds the code that should not depend on it. */
#ifndef SIXFOLD_MEMORY_H
#define SIXFOLD_MEMORY_H

#include "runtime.h"

#undef DEFINE_LOAD
#undef DEFINE_STORE

#define MEMORY_SIZE ((u32)RUNTIME_PAGES * 65536u)

/* What the compiler may take for granted. Eight bytes are two words to a 32-bit processor. */
#if defined __x86_64__ || defined __aarch64__
#define MEMORY_TYPE(natural) may_alias, aligned(1)
#else
#define MEMORY_TYPE(natural) may_alias, aligned(natural)
#endif
typedef u64 __attribute__((MEMORY_TYPE(4))) memory_u64;
typedef s64 __attribute__((MEMORY_TYPE(4))) memory_s64;
typedef u32 __attribute__((MEMORY_TYPE(4))) memory_u32;
typedef s32 __attribute__((MEMORY_TYPE(4))) memory_s32;
typedef u16 __attribute__((MEMORY_TYPE(2))) memory_u16;
typedef s16 __attribute__((MEMORY_TYPE(2))) memory_s16;
typedef u8 memory_u8;
typedef s8 memory_s8;

#ifdef MEMORY_TRAP_UNALIGNED
#define MEMORY_ALIGNED(addr, t) \
  if (UNLIKELY((addr) & (sizeof(t) - 1) & 3)) runtime_unaligned()
#else
#define MEMORY_ALIGNED(addr, t)
#endif
#define MEMORY_CHECK(addr, t)                                \
  if (UNLIKELY((addr) > MEMORY_SIZE - sizeof(t))) TRAP(OOB); \
  MEMORY_ALIGNED(addr, t)

#define DEFINE_LOAD(name, t1, t2, t3)                                                     \
  static inline __attribute__((always_inline)) t3 name(wasm_rt_memory_t *mem, u32 addr) { \
    MEMORY_CHECK(addr, t1);                                                               \
    return (t3)(t2) * (const memory_##t1 *)(const void *)(mem->data + addr);              \
  }
#define DEFINE_STORE(name, t1, t2)                                                                    \
  static inline __attribute__((always_inline)) void name(wasm_rt_memory_t *mem, u32 addr, t2 value) { \
    MEMORY_CHECK(addr, t1);                                                                           \
    *(memory_##t1 *)(void *)(mem->data + addr) = (t1)value;                                           \
  }

#endif
