/* Replays a tape (test/bench/tape.ts) on an image and writes the transcript (test/machines/transcript.ts):
 *
 *     {u32 kind, u32 a, u32 b, u32 length, bytes padded to 4} ...
 *
 * Scalars are little-endian, and so must the machine be. test/machines/v8.ts does the same in V8, call by call. */
#include <string.h>

#include "../../bench/native/tape.h"
#include "core.h"
#include "machine.h"
#include "runtime.h"

enum {
  RECORD_FRAME = 1,
  RECORD_EVENT,
  RECORD_STORE,
  RECORD_REPLY,
  RECORD_NO_BUFFER,
  RECORD_DEADLINE,
  RECORD_STEP,

  HEADER = 16,
  EVENT_SIZE = 48,
  /* of one step of the tape */
  BYTES_MAX = CONTROL_SIZE + 512,
  BUFFER = 4096,
  /* what a frame buffer of the image has room for, the same as in v8.ts */
  FRAME_MAX = 1710,
};

CORE_INSTANCE;

static uint8_t in[BUFFER], out[BUFFER] __attribute__((aligned(4)));
static uint32_t in_at, in_end, out_end;

static uint32_t read_bytes(void *to, uint32_t size) {
  uint32_t done = 0;
  while (done < size) {
    if (in_at == in_end) {
      in_at = 0;
      in_end = machine_read(in, BUFFER);
      if (in_end == 0) break;
    }
    uint32_t part = in_end - in_at < size - done ? in_end - in_at : size - done;
    memcpy((uint8_t *)to + done, in + in_at, part);
    in_at += part, done += part;
  }
  return done;
}

static void flush(void) {
  machine_write(out, out_end);
  out_end = 0;
}

void runtime_trapped(const char *reason) {
  flush();
  machine_exit(reason);
}

static void write_bytes(const void *from, uint32_t size) {
  while (size > 0) {
    if (out_end == BUFFER) flush();
    uint32_t part = BUFFER - out_end < size ? BUFFER - out_end : size;
    memcpy(out + out_end, from, part);
    out_end += part, size -= part, from = (const uint8_t *)from + part;
  }
}

static void record(uint32_t kind, uint32_t a, uint32_t b, const void *bytes, uint32_t len) {
  static const uint8_t zeros[4];
  const uint32_t header[4] = {kind, a, b, len};
  write_bytes(header, sizeof header);
  write_bytes(bytes, len);
  write_bytes(zeros, tape_padded(len) - len);
}

/* What the calls of a step cost: COSTED(call). */
static uint32_t cost;
#ifdef MEASURE
static uint32_t overhead;
#define COSTED(call)                               \
  do {                                             \
    uint32_t begin = machine_cost();               \
    call;                                          \
    cost += machine_cost() - begin - overhead;     \
  } while (0)

static void calibrate(void) {
  COSTED();
  overhead = cost;
}
#else
#define COSTED(call) \
  do {               \
    call;            \
  } while (0)
#endif

static uint32_t word(uint32_t at) {
  uint32_t value;
  memcpy(&value, core_memory() + at, 4);
  return value;
}

static void configure(const uint8_t *messages, uint32_t len) {
  uint32_t at = core_ctl_buffer();
  int32_t result;
  memcpy(core_memory() + at, messages, len);
  COSTED(result = core_configure(len));
  record(RECORD_REPLY, (uint32_t)result, 0, core_memory() + at + CONTROL_SIZE, result < 0 ? 4 : (uint32_t)result);
}

static void receive(uint32_t port, const uint8_t *frame, uint32_t len, uint32_t told) {
  uint32_t at;
  COSTED(at = core_rx_buffer(port));
  if (!at) {
    record(RECORD_NO_BUFFER, port, 0, 0, 0);
    return;
  }
  memcpy(core_memory() + at, frame, len < FRAME_MAX ? len : FRAME_MAX);
  COSTED(core_rx(port, told ? told : len));
}

static void drain(void) {
  uint32_t at;
  for (;;) {
    COSTED(at = core_take_tx());
    if (!at) break;
    uint32_t ptr = word(at + 4);
    record(RECORD_FRAME, word(at), word(at + 12), core_memory() + ptr, word(at + 8));
    COSTED(core_tx_done(ptr));
  }
  for (;;) {
    COSTED(at = core_take_event());
    if (!at) break;
    record(RECORD_EVENT, 0, 0, core_memory() + at, EVENT_SIZE);
  }
  for (;;) {
    COSTED(at = core_take_store());
    if (!at) break;
    uint32_t generation = word(at + 8);
    record(RECORD_STORE, word(at), generation, core_memory() + at + 12, word(at + 4));
    COSTED(core_stored(generation));
  }
}

static void run(const struct tape_step *step) {
  uint32_t deadline;
  switch (step->op) {
    case TAPE_CLOCK:
      core_set_clock(step->a | (uint64_t)step->b << 32);
      break;
    case TAPE_CONFIGURE:
      configure(step->bytes, step->len);
      break;
    case TAPE_RX:
      receive(step->a, step->bytes, step->len, step->b);
      break;
    case TAPE_TICK:
      COSTED(deadline = core_tick());
      record(RECORD_DEADLINE, deadline, 0, 0, 0);
      break;
    case TAPE_DRAIN:
      drain();
      break;
    case TAPE_RESTART:
      core_start();
      break;
    default:
      machine_exit("unknown step in the tape");
  }
}

int main(void) {
  static uint8_t bytes[BYTES_MAX];
  uint32_t header[4];
  core_start();
#ifdef MEASURE
  calibrate();
#endif
  while (read_bytes(header, HEADER) == HEADER && header[0] != TAPE_END) {
    struct tape_step step = {header[0], header[1], header[2], header[3], bytes};
    uint32_t padded = tape_padded(step.len);
    if (padded > BYTES_MAX || read_bytes(bytes, padded) != padded) machine_exit("a step of the tape is too long or cut short");
    cost = 0;
    run(&step);
    record(RECORD_STEP, step.op, cost, 0, 0);
  }
  flush();
  machine_exit(0);
}
