/* Replays recorded calls (test/proof/calls.ts) on an image through wasm2c: every file named on standard input, each on a new instance.
 *
 * For each it prints `<digest> <path>`: FNV-1a over everything that the image answered, the same as test/proof/replay.ts computes. */
#include <stdio.h>
#include <stdlib.h>

#include "core.h"
#include "runtime.h"

enum { END, CLOCK, CONFIGURE, RX, TICK, NO_BUFFER, TAKE_TX, TX_DONE, TAKE_EVENT, TAKE_STORE, STORED };
enum { EVENT_BYTES = 48, PATH = 4096 };

/* One call: its numbers, and its bytes. */
struct step {
  uint32_t call, a, b, len;
  const uint8_t *bytes;
};

CORE_INSTANCE;
static const char *playing = "(none)";
static uint32_t digest;
/* Frames taken so far, by what TX_DONE calls them. */
static uint32_t *lent;
static uint32_t taken, room;

void runtime_trapped(const char *reason) {
  fprintf(stderr, "%s: the image trapped: %s\n", playing, reason);
  exit(1);
}

static void see(const void *bytes, uint32_t len) {
  const uint8_t *p = bytes;
  for (uint32_t i = 0; i < len; i++) digest = (digest ^ p[i]) * 16777619u;
}
static void see_word(uint32_t word) { see(&word, 4); }

static uint32_t word_at(uint32_t address) {
  uint32_t word;
  memcpy(&word, core_memory() + address, 4);
  return word;
}

static void configure(const struct step *step) {
  memcpy(core_memory() + core_ctl_buffer(), step->bytes, step->len);
  int32_t result = core_configure(step->len);
  uint32_t size = core_memory_size() > 65536 ? 16384 : 1536;
  see_word((uint32_t)result);
  see(core_memory() + core_ctl_buffer() + size, result < 0 ? 4 : (uint32_t)result);
}

static void receive(const struct step *step) {
  uint32_t at = core_rx_buffer(step->a);
  see_word(at != 0);
  if (!at) return;
  memcpy(core_memory() + at, step->bytes, step->len);
  core_rx(step->a, step->b);
}

static void take_tx(void) {
  uint32_t record = core_take_tx();
  see_word(record != 0);
  if (!record) return;
  uint32_t at = word_at(record + 4), len = word_at(record + 8);
  see_word(word_at(record)), see_word(word_at(record + 12)), see_word(len);
  see(core_memory() + at, len);
  if (taken == room) lent = realloc(lent, (room = room * 2 + 64) * sizeof *lent);
  lent[taken++] = at;
}

static void take_event(void) {
  uint32_t record = core_take_event();
  see_word(record != 0);
  if (record) see(core_memory() + record, EVENT_BYTES);
}

static void take_store(void) {
  uint32_t record = core_take_store();
  see_word(record != 0);
  if (record) see(core_memory() + record, 12 + word_at(record + 4));
}

static void step_once(const struct step *step) {
  static uint64_t clock;
  switch (step->call) {
    case END:
      clock = 0;
      break;
    case CLOCK:
      core_set_clock(clock += step->a);
      break;
    case CONFIGURE:
      configure(step);
      break;
    case RX:
      receive(step);
      break;
    case TICK:
      see_word(core_tick());
      break;
    case NO_BUFFER:
      see_word(core_rx_buffer(step->a) != 0);
      break;
    case TAKE_TX:
      take_tx();
      break;
    case TX_DONE:
      if (step->a < taken) core_tx_done(lent[step->a]);
      break;
    case TAKE_EVENT:
      take_event();
      break;
    case TAKE_STORE:
      take_store();
      break;
    case STORED:
      core_stored(step->a);
      break;
    default:
      fprintf(stderr, "%s: call %u is not known\n", playing, step->call);
      exit(2);
  }
}

static uint32_t number(const uint8_t **at) {
  uint32_t value = 0;
  for (int shift = 0;; shift += 7) {
    uint8_t byte = *(*at)++;
    value |= (uint32_t)(byte & 127) << shift;
    if (byte < 128) return value;
  }
}

static struct step next(const uint8_t **at) {
  struct step step = {*(*at)++, 0, 0, 0, 0};
  int bytes = step.call == CONFIGURE || step.call == RX;
  int numbers = step.call == CLOCK || step.call == NO_BUFFER || step.call == TX_DONE || step.call == STORED;
  if (numbers || step.call == RX) step.a = number(at);
  if (step.call == RX) step.b = number(at);
  if (bytes) {
    step.len = number(at);
    step.bytes = *at;
    *at += step.len;
  }
  return step;
}

static uint8_t *load(const char *path) {
  FILE *file = fopen(path, "rb");
  long size = file && !fseek(file, 0, SEEK_END) ? ftell(file) : -1;
  uint8_t *tape = size > 0 ? malloc((size_t)size) : 0;
  if (tape) rewind(file);
  if (!tape || fread(tape, 1, (size_t)size, file) != (size_t)size) {
    fprintf(stderr, "%s: cannot be read\n", path);
    exit(2);
  }
  fclose(file);
  return tape;
}

int main(void) {
  static char path[PATH];
  Z_image_init_module();
  while (fgets(path, sizeof path, stdin)) {
    path[strcspn(path, "\n")] = 0;
    playing = path;
    memset(&core_instance, 0, sizeof core_instance);
    Z_image_instantiate(&core_instance);
    core_abi();
    digest = 2166136261u;
    taken = 0;
    uint8_t *tape = load(path);
    const uint8_t *at = tape;
    struct step step;
    do {
      step = next(&at);
      step_once(&step);
    } while (step.call != END);
    free(tape);
    printf("%08x %s\n", digest, path);
  }
  return 0;
}
