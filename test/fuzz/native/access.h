/* Loads, stores and loops of an image under test, in place of wasm2c's own: test/fuzz/translate.ts puts an #include of this file
 * before the first use of DEFINE_LOAD.
 *
 * Nothing is compared with the size of the memory: behind it lies address space that nobody may touch. Each store says which
 * bytes it is about to write (raw.h), each repetition of a loop is counted. */
#ifndef SIXFOLD_FUZZ_ACCESS_H
#define SIXFOLD_FUZZ_ACCESS_H

#include "raw.h"
#include "under_test.h"

#undef DEFINE_LOAD
#undef DEFINE_STORE

#define DEFINE_LOAD(name, t1, t2, t3)                                                        \
  typedef t1 __attribute__((may_alias, aligned(1))) name##_bytes;                            \
  static inline __attribute__((always_inline)) t3 name(wasm_rt_memory_t *memory, u64 addr) { \
    (void)memory;                                                                            \
    return (t3)(t2) * (const name##_bytes *)(FUZZ_MEMORY + addr);                            \
  }
#define DEFINE_STORE(name, t1, t2)                                                                       \
  typedef t1 __attribute__((may_alias, aligned(1))) name##_bytes;                                        \
  static inline __attribute__((always_inline)) void name(wasm_rt_memory_t *memory, u64 addr, t2 value) { \
    (void)memory;                                                                                        \
    raw_written(addr, sizeof(t1));                                                                       \
    *(name##_bytes *)(FUZZ_MEMORY + addr) = (t1)value;                                                   \
  }

/* A jump back: the only kind of jump that can make a call endless. */
#define AGAIN(label) \
  do {               \
    raw_turn();      \
    goto label;      \
  } while (0)

#endif
