/* Replays recorded calls (test/proof/calls.ts) on an image through wasm2c: every file named on standard input, each on a new instance.
 *
 * For each it prints `<digest> <path>`: FNV-1a over everything that the image answered, the same as test/proof/replay.ts computes. */
#include "../../bench/native/tape.h"
#include "core.h"
#include "runtime.h"

enum { NO_BUFFER = 6, TAKE_TX, TX_DONE, TAKE_EVENT, TAKE_STORE, STORED, EVENT_BYTES = 48, PATH = 4096 };

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

static void configure(const struct tape_step *step) {
  memcpy(core_memory() + core_ctl_buffer(), step->bytes, step->len);
  int32_t result = core_configure(step->len);
  uint32_t size = core_memory_size() > 65536 ? 16384 : 1536;
  see_word((uint32_t)result);
  see(core_memory() + core_ctl_buffer() + size, result < 0 ? 4 : (uint32_t)result);
}

static void receive(const struct tape_step *step) {
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

static void step_once(const struct tape_step *step) {
  switch ((int)step->op) {
    case TAPE_CLOCK:
      core_set_clock(step->a | (uint64_t)step->b << 32);
      break;
    case TAPE_CONFIGURE:
      configure(step);
      break;
    case TAPE_RX:
      receive(step);
      break;
    case TAPE_TICK:
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
      fprintf(stderr, "%s: call %u is not known\n", playing, step->op);
      exit(2);
  }
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
    uint8_t *tape = tape_load(path);
    const uint8_t *at = tape;
    for (struct tape_step step; (step = tape_next(&at)).op != TAPE_END;) step_once(&step);
    free(tape);
    printf("%08x %s\n", digest, path);
  }
  return 0;
}
