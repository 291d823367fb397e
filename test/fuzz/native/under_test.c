/* See under_test.h. */
#include "under_test.h"

#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "core.h"
#include "runtime.h"

enum {
  MEMORY = RUNTIME_PAGES * 65536,
  /* A buffer: the packet's record, of which a free one uses the 8 bytes at LINK, and bytes that are never used at its end. */
  BUFFER = 2048,
  RECORD = 64,
  LINK = 24,
  BUFFER_END = 8,
  BUFFERS_MAX = 32,
};

/* What of the image is not in its memory, and what the sanitizer knows of the pool. */
struct state {
  Z_image_instance_t instance;
  uint8_t *memory, *shadow;
  bool taken[BUFFERS_MAX];
};

CORE_INSTANCE;
static struct state started, kept;
static uint32_t pool, buffers; /* 0 = the image has none */
static bool taken[BUFFERS_MAX];
/* Groups of 8 bytes that were written since the last restore. */
static uint32_t changed[MEMORY / 8], changes;
static bool is_changed[MEMORY / 8];
static uint8_t *pool_shadow;

void found(const char *what, const char *detail) {
  fprintf(stderr, "== %s: %s ==\n", what, detail);
  abort();
}
void runtime_trapped(const char *reason) { found("TRAP", reason); }
void under_test_hangs(void) { found("HANG", "one call used up its budget of repetitions"); }

static bool in_pool(uint64_t addr) { return addr - pool < (uint64_t)buffers * BUFFER; }

static void close_buffer(uint32_t index) {
  uint8_t *start = FUZZ_MEMORY + pool + index * BUFFER;
  __asan_poison_memory_region(start, BUFFER);
  __asan_unpoison_memory_region(start + LINK, 8);
  raw_fill(RAW_KNOWN + (pool + index * BUFFER) / 8, 0, BUFFER / 8);
}
static void doorbell(uint32_t addr) {
  bool take = addr < DOORBELL_FREED;
  uint32_t index = addr - (take ? DOORBELL_TAKEN : DOORBELL_FREED);
  if (index >= buffers) found("BUFFER", "one that is not in the pool");
  if (taken[index] == take) found("BUFFER", take ? "taken twice" : "freed twice");
  taken[index] = take;
  close_buffer(index);
  if (take) __asan_unpoison_memory_region(FUZZ_MEMORY + pool + index * BUFFER, RECORD);
}

void under_test_written(uint64_t addr, uint64_t size) {
  if (addr + size > MEMORY) found("TRAP", "out of bounds");
  if (addr >= DOORBELL_TAKEN && addr < DOORBELL_FREED + BUFFERS_MAX) return doorbell((uint32_t)addr);
  for (uint64_t group = addr / 8; group <= (addr + size - 1) / 8; group++) {
    if (!is_changed[group]) {
      is_changed[group] = true;
      changed[changes++] = (uint32_t)group;
    }
    uint64_t index = (group * 8 - pool) / BUFFER, offset = (group * 8 - pool) % BUFFER;
    if (!in_pool(group * 8)) RAW_KNOWN[group] = 1;
    else if (!taken[index] || offset >= BUFFER - BUFFER_END) continue;
    else if (offset < RECORD) RAW_KNOWN[group] = 1;
    else {
      uint64_t from = addr > group * 8 ? addr : group * 8;
      uint64_t to = addr + size < group * 8 + 8 ? addr + size : group * 8 + 8;
      __asan_unpoison_memory_region(FUZZ_MEMORY + from, to - from);
      RAW_KNOWN[group] = to - from == 8;
    }
  }
}

/* Copies what the last restore's state differs in, and the sanitizer's knowledge of the pool. */
static void save(struct state *to) {
  if (!to->memory) {
    to->memory = malloc(MEMORY);
    to->shadow = malloc(BUFFERS_MAX * BUFFER / 8);
    if (!to->memory || !to->shadow) found("SETUP", "no memory for the image's state");
  }
  to->instance = core_instance;
  raw_copy(to->memory, FUZZ_MEMORY, MEMORY);
  if (buffers) raw_copy(to->shadow, pool_shadow, buffers * BUFFER / 8);
  memcpy(to->taken, taken, sizeof taken);
}
static void restore_registers(const struct state *from) {
  core_instance = from->instance;
  memcpy(taken, from->taken, sizeof taken);
  if (buffers) raw_copy(pool_shadow, from->shadow, buffers * BUFFER / 8);
}
void under_test_keep(void) {
  save(&kept);
  for (uint32_t i = 0; i < changes; i++) {
    is_changed[changed[i]] = false;
    RAW_KNOWN[changed[i]] = 0;
  }
  changes = 0;
}
void under_test_restore(void) {
  restore_registers(&kept);
  for (uint32_t i = 0; i < changes; i++) {
    uint32_t group = changed[i];
    raw_copy(FUZZ_MEMORY + group * 8, kept.memory + group * 8, 8);
    is_changed[group] = false;
    RAW_KNOWN[group] = 0;
  }
  changes = 0;
}
void under_test_power_cut(void) {
  restore_registers(&started);
  raw_copy(FUZZ_MEMORY, started.memory, MEMORY);
  changes = 0;
  for (uint32_t group = 0; group < MEMORY / 8; group++) {
    changed[changes++] = group;
    is_changed[group] = true;
    RAW_KNOWN[group] = 0;
  }
}

void under_test_put(uint32_t at, const void *bytes, uint32_t len, uint32_t room) {
  if (!in_pool(at)) {
    __asan_unpoison_memory_region(FUZZ_MEMORY + at, room);
    __asan_poison_memory_region(FUZZ_MEMORY + at + len, room - len);
  }
  if (!len) return;
  under_test_written(at, len);
  memcpy(FUZZ_MEMORY + at, bytes, len);
}

uint32_t under_test_buffers(void) { return buffers; }
uint32_t under_test_taken(void) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < buffers; i++) count += taken[i];
  return count;
}

/* The image's list of regions: {count, address of the pool or 0, {start, size} ...}. */
static void close_gaps(void) {
  const uint32_t *list = (const uint32_t *)(const void *)(FUZZ_MEMORY + CORE_EXPORT(regions)(&core_instance));
  __asan_poison_memory_region(FUZZ_MEMORY, FIRST_DATUM);
  if (FIRST_DATUM > DOORBELL_FREED) {
    __asan_unpoison_memory_region(FUZZ_MEMORY + DOORBELL_TAKEN, DOORBELL_FREED + BUFFERS_MAX - DOORBELL_TAKEN);
  }
  for (uint32_t i = 0; i < list[0]; i++) {
    uint32_t at = list[2 + 2 * i], size = list[3 + 2 * i];
    if (at == list[1]) pool = at, buffers = size / BUFFER;
    __asan_poison_memory_region(FUZZ_MEMORY + at + size, GAP);
  }
  if (buffers > BUFFERS_MAX) found("SETUP", "more buffers than BUFFERS_MAX");
  size_t scale, offset;
  __asan_get_shadow_mapping(&scale, &offset);
  pool_shadow = (uint8_t *)((((uintptr_t)FUZZ_MEMORY + pool) >> scale) + offset);
  for (uint32_t i = 0; i < buffers; i++) close_buffer(i);
}

void under_test_start(void) {
  void *known = mmap(RAW_KNOWN, (size_t)1 << 30, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (known != (void *)RAW_KNOWN) found("SETUP", "no address space for the map of written bytes");
  under_test_call();
  core_start();
  if (core_memory() != FUZZ_MEMORY) found("SETUP", "the memory is not where RUNTIME_AT says");
  close_gaps();
  save(&started);
}
