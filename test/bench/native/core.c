/* The subject is an image through wasm2c. */
#include "core.h"
#include "runtime.h"
#include "subject.h"

CORE_INSTANCE;

void runtime_trapped(const char *reason) {
  fprintf(stderr, "the image trapped: %s\n", reason);
  exit(1);
}

void subject_start(void) { core_start(); }

static uint32_t drain(subject_sink *sink) {
  uint8_t *memory = core_memory();
  uint32_t frames = 0;
  for (uint32_t record; (record = core_take_tx()) != 0; frames++) {
    const struct core_tx *tx = (const struct core_tx *)(const void *)(memory + record);
    uint32_t ptr = tx->ptr;
    if (sink) sink(tx->port, memory + ptr, tx->len);
    core_tx_done(ptr);
  }
  return frames;
}

static void receive(uint32_t port, const uint8_t *frame, uint32_t len) {
  uint32_t at = core_rx_buffer(port);
  if (!at) runtime_trapped("no receive buffer left");
  memcpy(core_memory() + at, frame, len);
  core_rx(port, len);
}

void subject_step(const struct tape_step *step) {
  switch (step->op) {
    case TAPE_CLOCK:
      core_set_clock(step->a | (uint64_t)step->b << 32);
      break;
    case TAPE_CONFIGURE:
      memcpy(core_memory() + core_ctl_buffer(), step->bytes, step->len);
      if (core_configure(step->len) < 0) runtime_trapped("configuration refused");
      break;
    case TAPE_RX:
      receive(step->a, step->bytes, step->len);
      break;
    case TAPE_TICK:
      core_tick();
      break;
    case TAPE_DRAIN:
      drain(0);
      while (core_take_event()) {
      }
      for (uint32_t record; (record = core_take_store()) != 0;) {
        core_stored(((const uint32_t *)(const void *)(core_memory() + record))[2]);
      }
      break;
    default:
      runtime_trapped("unknown step in the setup");
  }
}

uint32_t subject_burst(const struct tape_case *cases, uint32_t n, subject_sink *sink) {
  for (uint32_t i = 0; i < n; i++) receive(cases[i].port, cases[i].in, cases[i].len);
  return drain(sink);
}
