/* The subject is an image through wasm2c. */
#include "core.h"
#include "board.h"
#include "runtime.h"
#include "subject.h"

CORE_INSTANCE;

void runtime_trapped(const char *reason) { board_fail(reason); }

void subject_start(void) { core_start(); }
void subject_clock(uint64_t ms) { core_set_clock(ms); }

void subject_configure(const uint8_t *messages, uint32_t len) {
  memcpy(core_memory() + core_ctl_buffer(), messages, len);
  if (core_configure(len) < 0) board_fail("configuration refused");
}

void subject_tick(void) { core_tick(); }

static uint32_t take(struct sent *sent) {
  uint8_t *memory = core_memory();
  uint32_t frames = 0;
  for (uint32_t record; (record = core_take_tx()) != 0; frames++) {
    const struct core_tx *tx = (const struct core_tx *)(const void *)(memory + record);
    uint32_t ptr = tx->ptr;
    *sent = (struct sent){tx->port, tx->len, memory + ptr};
    core_tx_done(ptr);
  }
  return frames;
}

void subject_drain(void) {
  struct sent sent;
  take(&sent);
  while (core_take_event()) {
  }
  for (uint32_t record; (record = core_take_store()) != 0;) {
    core_stored(((const uint32_t *)(const void *)(core_memory() + record))[2]);
  }
}

uint8_t *subject_buffer(uint32_t port) {
  uint32_t at = core_rx_buffer(port);
  if (!at) board_fail("no receive buffer left");
  return core_memory() + at;
}

uint32_t subject_frame(uint32_t port, uint32_t len, struct sent *sent) {
  core_rx(port, len);
  return take(sent);
}
