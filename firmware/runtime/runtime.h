/* Own run-time support for what wasm2c makes of an image: memory of a fixed size, no growth, one hook for traps.
 * Replaces wabt's wasm-rt-impl.c, which wants mmap, malloc and signal handlers.
 *
 * Build-time constants: RUNTIME_PAGES, how many 64 KiB pages the image has; RUNTIME_TABLE, room in the table of functions. */
#ifndef SIXFOLD_RUNTIME_H
#define SIXFOLD_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#include "wasm-rt.h"

/* Small offsets of an address that is checked may reach so far behind the memory (memory.h). */
enum { MEMORY_GUARD = 128 };
#define MEMORY_SIZE ((uint32_t)RUNTIME_PAGES * 65536u)

#if !WASM_RT_MEMCHECK_SIGNAL_HANDLER
/* The image's memory, and the guard. */
extern uint8_t runtime_memory[(size_t)RUNTIME_PAGES * 65536 + MEMORY_GUARD] __attribute__((aligned(16)));
/* memory.copy of addresses of the image: by words where both begin alike, which C libraries for small processors do not. */
void runtime_copy(uint32_t to, uint32_t from, uint32_t len);
#endif
/* The image's functions. */
extern wasm_rt_funcref_t runtime_table[];

/* Where in the program the last trap was: for addr2line. */
extern uintptr_t runtime_trap_at;

/* Called when the image traps, with the reason in words; must not return. Every program that links the runtime defines it:
 * a bench and a fuzzer abort, a board resets. */
__attribute__((noreturn)) void runtime_trapped(const char *reason);

/* The image read or wrote a word that is not aligned, and its loads were built to trap on that (memory.h). */
__attribute__((noreturn)) void runtime_unaligned(void);

#endif
