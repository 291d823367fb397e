/* libFuzzer over the C that wasm2c made of an image: the receive path.
 *
 * An input is a list of frames with what happens around them:
 *
 *     0 flags: 3 = port, 4 = leave checksums as they are, 8 = tick afterwards   1 time step: index of STEPS
 *     2 length of the frame, little-endian   4 frame
 *
 * Before every input the image is put back into the state that the setup tape (FUZZ_SETUP) brought it to. Found are:
 *   - traps, by runtime_trapped
 *   - reads and writes behind the frame's end, behind a buffer, behind a table, and below FIRST_DATUM (given by the build; null
 *     pointers point there): that memory is poisoned (ASan). The image's memory is one array, so that without this an access
 *     beyond its object would go unnoticed
 *   - hangs: every call has a budget of edges
 *   - transmit records that do not lie in the memory, or whose packet contradicts its own length field */
#include <sanitizer/asan_interface.h>
#include <stddef.h>

#include "../../bench/native/tape.h"
#include "checksums.h"
#include "copy.h"
#include "core.h"
#include "runtime.h"

enum {
  EDGES_A_CALL = 2000000,
  /* a buffer of the image and what of it lies before a received IP header: BUFFER_SIZE, IP_AT of the engine */
  BUFFER = 2048,
  HEADROOM = 288,
  /* the image leaves a trailer's room behind the longest packet: its last bytes are never used */
  BUFFER_END = 8,
  /* test/fuzz/instrument.ts */
  GAP = 32,
  HEADER = 4,
  FRAME_MAX = 1536,
  PORTS = 4,
  /* assembly/abi/message.ts, port.ts */
  MESSAGE_PORT = 16,
  KIND_ETHER = 1,
};

static const uint32_t STEPS[] = {0, 1, 10, 100, 1000, 5000, 30000, 600000};

CORE_INSTANCE;
static Z_image_instance_t instance_then;
static uint8_t *memory_then;
static uint64_t time_then, time_now;
static uint64_t edges;
/* which ports carry Ethernet frames */
static uint8_t ethernet[PORTS];

__attribute__((noreturn)) static void found(const char *what, const char *detail) {
  fprintf(stderr, "== %s: %s ==\n", what, detail);
  abort();
}

void runtime_trapped(const char *reason) { found("TRAP", reason); }

/* Every edge of image.c calls this: it is compiled with trace-pc-guard, the linker wraps the name, which libFuzzer has too. */
void __wrap___sanitizer_cov_trace_pc_guard_init(uint32_t *from, uint32_t *to) { (void)from, (void)to; }
void __wrap___sanitizer_cov_trace_pc_guard(uint32_t *guard) {
  (void)guard;
  if (++edges > EDGES_A_CALL) {
    edges = 0;
    found("HANG", "one call used up its budget of edges");
  }
}

static void set_time(uint64_t ms) {
  time_now = ms;
  core_set_clock(ms);
}

static void check_sent(const struct core_tx *tx) {
  uint32_t size = core_memory_size();
  if (tx->ptr > size || tx->len > size - tx->ptr) found("TRANSMIT", "a frame outside the memory");
  if (tx->len == 0) found("TRANSMIT", "an empty frame");
  const uint8_t *frame = core_memory() + tx->ptr;
  if (!ethernet[tx->port % PORTS] || tx->len < 14 || frame[12] != 0x86 || frame[13] != 0xdd) return;
  const uint8_t *packet = frame + 14;
  if (tx->len < 54 || packet[0] >> 4 != 6) found("TRANSMIT", "an IPv6 frame without an IPv6 header");
  if (54u + (uint32_t)(packet[4] << 8 | packet[5]) != tx->len) found("TRANSMIT", "payload length and frame differ");
}

static void drain(void) {
  uint8_t *memory = core_memory();
  edges = 0;
  for (uint32_t record; (record = core_take_tx()) != 0;) {
    struct core_tx tx;
    memcpy(&tx, memory + record, sizeof tx);
    check_sent(&tx);
    core_tx_done(tx.ptr);
  }
  while (core_take_event()) {
  }
  for (uint32_t record; (record = core_take_store()) != 0;) {
    uint32_t generation;
    memcpy(&generation, memory + record + 8, 4);
    core_stored(generation);
  }
}

static void receive(uint32_t port, const uint8_t *frame, uint32_t len, int fix) {
  edges = 0;
  uint32_t at = core_rx_buffer(port);
  if (!at) return;
  uint8_t *to = core_memory() + at;
  memcpy(to, frame, len);
  if (fix) fix_checksums(to, len);
  uint32_t gap = BUFFER - HEADROOM - BUFFER_END - len;
  __asan_poison_memory_region(to + len, gap);
  core_rx(port, len);
  __asan_unpoison_memory_region(to + len, gap);
}

/* Poisons what lies between the image's regions: {count, 0, {start, size} ...}. Those that are an array of buffers get a
 * border after each. */
static void poison_gaps(void) {
  const uint32_t *list = (const uint32_t *)(const void *)(core_memory() + CORE_EXPORT(regions)(&core_instance));
  __asan_poison_memory_region(core_memory(), FIRST_DATUM);
  for (uint32_t i = 0; i < list[0]; i++) {
    uint8_t *start = core_memory() + list[2 + 2 * i];
    uint32_t size = list[3 + 2 * i];
    __asan_poison_memory_region(start + size, GAP);
    for (uint32_t at = BUFFER; size % BUFFER == 0 && at <= size; at += BUFFER) {
      __asan_poison_memory_region(start + at - BUFFER_END, BUFFER_END);
    }
  }
}

static void configure(const uint8_t *message, uint32_t len) {
  memcpy(core_memory() + core_ctl_buffer(), message, len);
  if (core_configure(len) < 0) found("SETUP", "configuration refused");
  if (message[0] == MESSAGE_PORT) ethernet[message[4] % PORTS] = message[5] == KIND_ETHER;
}

static void replay(const char *path) {
  const uint8_t *at = tape_load(path);
  for (struct tape_step step; (step = tape_next(&at)).op != TAPE_END;) {
    edges = 0;
    switch (step.op) {
      case TAPE_CLOCK:
        set_time(step.a | (uint64_t)step.b << 32);
        break;
      case TAPE_CONFIGURE:
        configure(step.bytes, step.len);
        break;
      case TAPE_RX:
        receive(step.a, step.bytes, step.len, 0);
        break;
      case TAPE_TICK:
        core_tick();
        break;
      default:
        drain();
    }
  }
}

/* The whole memory, poisoned gaps too. */
static void copy_memory(void *to, const void *from) { copy_words(to, from, core_memory_size() / 8); }

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  const char *setup = getenv("FUZZ_SETUP");
  core_start();
  poison_gaps();
  if (setup) replay(setup);
  instance_then = core_instance;
  time_then = time_now;
  memory_then = malloc(core_memory_size());
  if (!memory_then) found("SETUP", "no memory for the snapshot");
  copy_memory(memory_then, core_memory());
  return 0;
}

static void reset(void) {
  core_instance = instance_then;
  copy_memory(core_memory(), memory_then);
  time_now = time_then;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  reset();
  while (size >= HEADER) {
    uint8_t flags = data[0], step = data[1];
    size_t len = (size_t)(data[2] | data[3] << 8);
    data += HEADER, size -= HEADER;
    if (len > size) len = size;
    if (len > FRAME_MAX) len = FRAME_MAX;
    set_time(time_now + STEPS[step % (sizeof STEPS / sizeof *STEPS)]);
    receive(flags & 3, data, (uint32_t)len, !(flags & 4));
    drain();
    if (flags & 8) {
      edges = 0;
      core_tick();
      drain();
    }
    data += len, size -= len;
  }
  return 0;
}
