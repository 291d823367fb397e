/* See runtime.h. The interface is wabt's wasm-rt.h. */
#include "runtime.h"

#include <stdarg.h>
#include <stdint.h>

#include "wasm-rt.h"

#ifndef RUNTIME_PAGES
#error "define RUNTIME_PAGES: the number of 64 KiB pages of the image"
#endif

#ifndef RUNTIME_TABLE
#define RUNTIME_TABLE 512
#endif

enum { PAGE = 65536, TYPES_MAX = 64, TYPE_WORDS = 16 };

#if WASM_RT_USE_STACK_DEPTH_COUNT
uint32_t wasm_rt_call_stack_depth;
#endif

uintptr_t runtime_trap_at;

void wasm_rt_trap(wasm_rt_trap_t code) {
  static const char *const reasons[] = {
      "no trap",           "out of bounds",          "integer overflow",   "division by zero",   "bad conversion",
      "unreachable",       "bad indirect call",      "uncaught exception", "call stack too deep"};
  runtime_trap_at = (uintptr_t)__builtin_return_address(0);
  runtime_trapped((unsigned)code < sizeof reasons / sizeof *reasons ? reasons[code] : "unknown trap");
}

void runtime_unaligned(void) {
  runtime_trap_at = (uintptr_t)__builtin_return_address(0);
  runtime_trapped("unaligned access");
}

void wasm_rt_init(void) {}
void wasm_rt_free(void) {}
bool wasm_rt_is_initialized(void) { return true; }

#if WASM_RT_MEMCHECK_SIGNAL_HANDLER
/* Hosts with 64-bit addresses: every address that 33 bits can form is reserved, accesses behind the image's pages fault. */
#include <sys/mman.h>

#ifndef RUNTIME_AT
#define RUNTIME_AT 0 /* wherever there is room */
#endif

static uint8_t *linear_memory(void) {
  uint8_t *data = mmap((void *)RUNTIME_AT, (size_t)1 << 33, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED || mprotect(data, (size_t)RUNTIME_PAGES * PAGE, PROT_READ | PROT_WRITE)) {
    runtime_trapped("no address space for the guard pages");
  }
  return data;
}
#else
/* Everywhere else: an array, and a comparison in every access. It is zeroed for each instance but the first. */
uint8_t runtime_memory[sizeof runtime_memory];

static uint8_t *linear_memory(void) {
  static bool used;
  if (used) memset(runtime_memory, 0, sizeof runtime_memory);
  used = true;
  return runtime_memory;
}

void runtime_copy(uint32_t to, uint32_t from, uint32_t len) {
  if (len > MEMORY_SIZE || to > MEMORY_SIZE - len || from > MEMORY_SIZE - len) wasm_rt_trap(WASM_RT_TRAP_OOB);
  typedef uint32_t __attribute__((may_alias)) word;
  uint8_t *target = runtime_memory + to;
  const uint8_t *source = runtime_memory + from;
  /* A target inside of the source is copied from the end. */
  if (((to | from) & 3) == 0 && to - from >= len) {
    word *w = (word *)(void *)target;
    const word *r = (const word *)(const void *)source;
    for (; len >= 16; len -= 16, w += 4, r += 4) {
      const uint32_t a = r[0], b = r[1], c = r[2], d = r[3];
      w[0] = a, w[1] = b, w[2] = c, w[3] = d;
    }
    for (; len >= 4; len -= 4) *w++ = *r++;
    target = (uint8_t *)w, source = (const uint8_t *)r;
  }
  memmove(target, source, len);
}
#endif

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t initial, uint32_t max) {
  if (initial != RUNTIME_PAGES) runtime_trapped("RUNTIME_PAGES differs from the image's pages");
  memory->data = linear_memory();
  memory->pages = initial;
  memory->max_pages = max;
  memory->size = initial * PAGE;
}
void wasm_rt_free_memory(wasm_rt_memory_t *memory) { memory->data = 0; }
uint32_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint32_t pages) {
  (void)memory, (void)pages;
  return UINT32_MAX;
}

wasm_rt_funcref_t runtime_table[RUNTIME_TABLE];

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t elements, uint32_t max) {
  if (elements > RUNTIME_TABLE) runtime_trapped("function table larger than RUNTIME_TABLE");
  table->data = runtime_table;
  table->size = elements;
  table->max_size = max;
}
void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table) { table->data = 0; }

/* Equal signatures get equal numbers, from 1: wasm2c registers each once a module, so comparing is all that is needed. */
uint32_t wasm_rt_register_func_type(uint32_t params, uint32_t results, ...) {
  static uint8_t types[TYPES_MAX][TYPE_WORDS];
  static uint32_t count;
  uint8_t type[TYPE_WORDS] = {(uint8_t)params, (uint8_t)results};
  if (params + results > TYPE_WORDS - 2) runtime_trapped("function type longer than TYPE_WORDS");
  va_list list;
  va_start(list, results);
  for (uint32_t i = 0; i < params + results; i++) type[2 + i] = (uint8_t)va_arg(list, int);
  va_end(list);
  for (uint32_t i = 0; i < count; i++) {
    if (memcmp(types[i], type, TYPE_WORDS) == 0) return i + 1;
  }
  if (count == TYPES_MAX) runtime_trapped("more function types than TYPES_MAX");
  memcpy(types[count], type, TYPE_WORDS);
  return ++count;
}
