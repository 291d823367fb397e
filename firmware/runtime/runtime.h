/* Own run-time support for what wasm2c makes of an image: memory of a fixed size, no growth, one hook for traps.
 * Replaces wabt's wasm-rt-impl.c, which wants mmap, malloc and signal handlers.
 *
 * Build-time constants: RUNTIME_PAGES, how many 64 KiB pages the image has; RUNTIME_TABLE, room in the table of functions. */
#ifndef SIXFOLD_RUNTIME_H
#define SIXFOLD_RUNTIME_H

#include <stdint.h>

/* Where in the program the last trap was: for addr2line. */
extern uintptr_t runtime_trap_at;

/* Called when the image traps, with the reason in words; must not return. Every program that links the runtime defines it:
 * a bench and a fuzzer abort, a board resets. */
__attribute__((noreturn)) void runtime_trapped(const char *reason);

/* The image read or wrote a word that is not aligned, and its loads were built to trap on that (memory.h). */
__attribute__((noreturn)) void runtime_unaligned(void);

#endif
