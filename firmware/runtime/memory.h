/* Memory, table and instance of an image, in place of wasm2c's own: the build puts an #include of this file before the first use of
 * DEFINE_LOAD, gives loads and stores address and offset apart, and lets every function find the one instance where it lies.
 *
 * wasm2c adds the offset of a load to its address in 64 bits and compares with the memory's size, finds memory and globals through
 * pointers that a store might have changed, and copies byte by byte, which a Cortex-M0+ pays for dearly. Here memory, table and
 * instance are objects of the linker, and a value is read where it lies. What is compared is the address alone, once for all the fields
 * that a function reads behind it: behind the memory lie MEMORY_GUARD bytes that belong to nobody, which small offsets may reach
 * instead of trapping. With a larger offset the sum is compared. Nothing outside of memory and guard is ever touched.
 *
 * WebAssembly may read words that are not aligned. The processor does that, or the board's fault handler in its place; or, with
 * MEMORY_TRAP_UNALIGNED, they trap, which finds the code that should not depend on it. */
#ifndef SIXFOLD_MEMORY_H
#define SIXFOLD_MEMORY_H

#include "runtime.h"

#undef CALL_INDIRECT

extern Z_image_instance_t core_instance;

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
/* Thumb has no constant of 17 bits: a shift costs less there, and more everywhere else. */
#ifdef __thumb__
#define MEMORY_OUTSIDE(addr) ((addr) >> 16 >= RUNTIME_PAGES)
#else
#define MEMORY_OUTSIDE(addr) ((addr) >= MEMORY_SIZE)
#endif
#define MEMORY_CHECK(addr, offset, t)                                 \
  if ((offset) <= MEMORY_GUARD - sizeof(t)) {                         \
    if (UNLIKELY(MEMORY_OUTSIDE(addr))) TRAP(OOB);                    \
  } else if (UNLIKELY((addr) + (offset) > MEMORY_SIZE - sizeof(t))) { \
    TRAP(OOB);                                                        \
  }                                                                   \
  MEMORY_ALIGNED((addr) + (offset), t)

/* A value behind an address, `offset` a constant. As the member of a structure, so that the compiler keeps the address in a register for
 * all that is read behind it, and does not add the offset to it first. */
#define MEMORY_MEMBER(t, addr, offset)                                                                \
  (*({                                                                                                \
    enum { fits_ = (offset) % __alignof__(memory_##t) == 0 && (offset) <= MEMORY_GUARD - sizeof(t) }; \
    struct __attribute__((may_alias)) member_ {                                                       \
      u8 before[fits_ ? (offset) : 0];                                                                \
      memory_##t value;                                                                               \
    };                                                                                                \
    fits_ ? &((struct member_ *)(void *)(runtime_memory + (addr)))->value                             \
          : (memory_##t *)(void *)(runtime_memory + (u32)((addr) + (offset)));                        \
  }))
#define MEMORY_LOAD(t1, t2, t3, addr, offset)      \
  ({                                               \
    const u32 addr_ = addr;                        \
    MEMORY_CHECK(addr_, offset, t1);               \
    (t3)(t2) MEMORY_MEMBER(t1, addr_, offset);     \
  })
#define MEMORY_STORE(t1, t2, addr, offset, new)         \
  do {                                                  \
    const u32 addr_ = addr;                             \
    MEMORY_CHECK(addr_, offset, t1);                    \
    MEMORY_MEMBER(t1, addr_, offset) = (t1)(t2)(new);   \
  } while (0)

/* No function has the type number 0, which rows without a function have. */
#define CALL_INDIRECT(table, t, ft, x, ...)                                                                                    \
  (LIKELY((x) < RUNTIME_TABLE && runtime_table[x].func_type == func_types[ft]) || TRAP(CALL_INDIRECT),                         \
   ((t)runtime_table[x].func)(__VA_ARGS__))

#endif
