/* The ABI of an image (docs: ARCHITECTURE.md, "ABI"), as C calls them. The names that wasm2c generates differ by its
 * version (below: wabt 1.0.32, module name "image"); this header is the only place that knows them.
 *
 * One image a program: `wasm2c -n image X.wasm -o image.c`, linked with runtime.c. */
#ifndef SIXFOLD_CORE_H
#define SIXFOLD_CORE_H

#include <stdint.h>
#include <string.h>

#include "image.h"

#define CORE_EXPORT(name) Z_imageZ_##name

/* The one instance; defined by the file that says `CORE_INSTANCE;` */
extern Z_image_instance_t core_instance;
#define CORE_INSTANCE Z_image_instance_t core_instance

/* What takeTx points at until it is called again. Little-endian hosts read it in place. txDone wants its ptr. */
struct core_tx {
  uint32_t port, ptr, len, step;
};

static inline void core_start(void) {
  Z_image_init_module();
  Z_image_instantiate(&core_instance);
}
/* Linear memory; an address of the image is an index into it. */
static inline uint8_t *core_memory(void) { return CORE_EXPORT(memory)(&core_instance)->data; }
static inline uint32_t core_memory_size(void) { return CORE_EXPORT(memory)(&core_instance)->size; }

static inline uint32_t core_abi(void) { return CORE_EXPORT(abi)(&core_instance); }
static inline uint32_t core_ctl_buffer(void) { return CORE_EXPORT(ctlBuffer)(&core_instance); }
static inline int32_t core_configure(uint32_t len) { return (int32_t)CORE_EXPORT(configure)(&core_instance, len); }
static inline uint32_t core_clock(void) { return CORE_EXPORT(clock)(&core_instance); }
static inline uint32_t core_rx_buffer(uint32_t port) { return CORE_EXPORT(rxBuffer)(&core_instance, port); }
static inline void core_rx(uint32_t port, uint32_t len) { CORE_EXPORT(rx)(&core_instance, port, len); }
static inline uint32_t core_tick(void) { return CORE_EXPORT(tick)(&core_instance); }
static inline uint32_t core_take_tx(void) { return CORE_EXPORT(takeTx)(&core_instance); }
static inline void core_tx_done(uint32_t ptr) { CORE_EXPORT(txDone)(&core_instance, ptr); }
static inline uint32_t core_take_event(void) { return CORE_EXPORT(takeEvent)(&core_instance); }
static inline uint32_t core_take_store(void) { return CORE_EXPORT(takeStore)(&core_instance); }
static inline void core_stored(uint32_t generation) { CORE_EXPORT(stored)(&core_instance, generation); }

/* Stores the time, milliseconds, monotonic, little-endian: wasm's byte order whatever the host's. */
static inline void core_set_clock(uint64_t ms) {
  uint8_t *cell = core_memory() + core_clock();
  for (int i = 0; i < 8; i++) cell[i] = (uint8_t)(ms >> 8 * i);
}

#endif
