/* libFuzzer over sequences of frames and of what else happens to a node: steps.h has the input, mutate.c makes new ones. Besides what
 * node.c checks after each call:
 *   - no frame and no moment causes a storm
 *   - what the node asked to be kept it takes back after a power cut; an acknowledgement leaves only when its record is safe
 *   - queries are answered, and when all links are gone and a minute has passed, every buffer is free */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "node.h"
#include "peers.h"
#include "steps.h"
#include "under_test.h"

enum {
  REMEMBERED = 4,
  RECORDS_MAX = 256,
  /* Frames that may leave because of one that came. */
  FRAMES_AT_ONCE = 10,
  /* Deadlines that are kept in one step, and the time that so many must take. */
  WAKES_A_STEP = 20,
  STORM_MS = 20,
  /* Longer than fragments are kept. */
  SETTLED_MS = 61000,
  ETHER = 14,
  IP6 = 40,
  MH = 135,
  ROUTING = 43,
  /* assembly/abi/message.ts */
  MESSAGE_LINK = 4,
  MESSAGE_STORED = 5,
  MESSAGE_PORT = 16,
  MESSAGE_FIRST_QUERY = 128,
  MESSAGE_LAST_QUERY = 143,
};

static struct sent {
  uint32_t port, len;
  uint8_t bytes[PEER_FRAME_MAX];
} sent[REMEMBERED];
/* Frames that left since the start of the sequence, and because of the last that came. */
static uint32_t sent_count, sent_now;

/* A frame that left, 0 = the last; null: there is none. */
static const struct sent *sent_before(uint32_t i) {
  i %= REMEMBERED;
  return i < sent_count ? &sent[(sent_count - 1 - i) % REMEMBERED] : NULL;
}

/* Records that are safe, and those that the flash has not kept yet. */
static struct node_record safe[RECORDS_MAX], late[RECORDS_MAX];
static uint32_t safe_count, late_count;
/* What the setup kept. */
static struct node_record safe_then[RECORDS_MAX];
static uint32_t safe_count_then;
/* Somebody else's acknowledgement came by: what leaves may be that one, forwarded. */
static bool foreign;

static void keep(const struct node_record *record) {
  uint32_t i = 0;
  while (i < safe_count && safe[i].id != record->id) i++;
  if (i == RECORDS_MAX) found("RECORD", "more records than any image keeps");
  if (i == safe_count) safe_count++;
  safe[i] = *record;
}
static void on_record(const struct node_record *record) {
  if (node_stores_at_once) return keep(record);
  if (late_count == RECORDS_MAX) found("RECORD", "written over and over");
  late[late_count++] = *record;
}
static void flash_catches_up(void) {
  for (uint32_t i = 0; i < late_count; i++) keep(&late[i]);
  under_test_call();
  if (late_count) core_stored(late[late_count - 1].generation);
  late_count = 0;
}

/* The acknowledgement may have waited for a neighbour: the record may be newer. A record is a home address at 0 and a sequence number at 32, little-endian: assembly/roles/home-agent/records.ts. */
static void check_acknowledged(const uint8_t *frame, uint32_t len) {
  if (len < ETHER + IP6 + 16 || foreign) return;
  const uint8_t *home = frame + ETHER + 24, *mh = frame + ETHER + IP6;
  uint32_t next = frame[ETHER + 6];
  if (next == ROUTING && len >= ETHER + IP6 + 24 + 16) home = mh + 8, next = mh[0], mh += 24;
  if (next != MH || mh[2] != 6 || mh[6] >= 128) return;
  for (uint32_t i = 0; i < safe_count; i++) {
    const uint8_t *kept = safe[i].bytes;
    uint32_t newer = (uint32_t)(kept[32] | kept[33] << 8) - (uint32_t)(mh[8] << 8 | mh[9]);
    if (memcmp(kept, home, 16) == 0 && (newer & 0xffff) < 0x8000) return;
  }
  node_show(frame, len);
  found("RECORD", "a binding was acknowledged before it was kept");
}
static void on_frame(uint32_t port, const uint8_t *frame, uint32_t len) {
  sent_now++;
  if (node_is_link(port)) check_acknowledged(frame, len);
  struct sent *to = &sent[sent_count++ % REMEMBERED];
  to->port = port;
  to->len = len < PEER_FRAME_MAX ? len : PEER_FRAME_MAX;
  memcpy(to->bytes, frame, to->len);
}

static void receive(uint32_t port, const uint8_t *frame, uint32_t len, bool fix) {
  for (uint32_t i = 0; i + 2 < len; i++) foreign |= frame[i] == 59 && frame[i + 2] == 6;
  sent_now = 0;
  node_receive(port, frame, len, fix);
  node_drain();
  if (sent_now > FRAMES_AT_ONCE) found("STORM", "one frame let more leave than FRAMES_AT_ONCE");
}
static void answer(const struct step *step) {
  static uint8_t bytes[PEER_FRAME_MAX];
  const struct sent *to = sent_before(step->argument);
  if (!to) return;
  uint32_t port = to->port, len = peer_answer(to->bytes, to->len, node_is_link(port), bytes);
  for (uint32_t at = 0; at + 3 <= step->len; at += 3) {
    uint32_t offset = (uint32_t)(step->data[at] | step->data[at + 1] << 8);
    if (offset < len) bytes[offset] = step->data[at + 2];
  }
  receive(port, bytes, len, true);
}
static void echo(const struct step *step) {
  static uint8_t bytes[PEER_FRAME_MAX];
  const struct sent *back = sent_before(step->argument);
  if (!back) return;
  uint32_t port = back->port, len = back->len;
  memcpy(bytes, back->bytes, len);
  receive(port, bytes, len, false);
}
static void set_link(uint32_t port, bool up) {
  uint8_t message[8] = {MESSAGE_LINK, 0, 4, 0, (uint8_t)port, up};
  node_configure(message, sizeof message);
  node_drain();
}
static void power_cut(void) {
  node_give_back();
  late_count = 0;
  sent_count = 0;
  node_power_cut();
  node_configure_ports();
  for (uint32_t i = 0; i < safe_count; i++) {
    uint8_t message[8 + NODE_RECORD_MAX + 4] = {MESSAGE_STORED, 0, (uint8_t)(4 + safe[i].len), 0};
    if (!safe[i].len) continue; /* forgotten */
    for (int k = 0; k < 4; k++) message[4 + k] = (uint8_t)(safe[i].id >> 8 * k);
    memcpy(message + 8, safe[i].bytes, safe[i].len);
    if (node_configure(message, 8 + ((safe[i].len + 3) & ~3u)) < 0) found("RECORD", "refused after a power cut");
  }
  node_configure_rest();
}

/* Time passes as a caller lets it: it calls at the next deadlines, then late; or it oversleeps at once. */
static void pass(uint32_t ms, bool overslept) {
  uint64_t begin = node_now();
  for (uint32_t wakes = 0; !overslept; wakes++) {
    uint32_t wait = node_tick();
    if (wait >= ms) break;
    if (wakes == WAKES_A_STEP) {
      if (node_now() - begin < STORM_MS) found("STORM", "timers do not let the processor sleep");
      break;
    }
    node_pass(wait);
    ms -= wait;
  }
  node_pass(ms);
  node_tick();
}

/* Ports are configured at the start and not again. */
static bool sets_port(const uint8_t *messages, uint32_t len) {
  for (uint32_t at = 0; at + 4 <= len; at += 4 + ((messages[at + 2] | messages[at + 3] << 8) + 3u) / 4 * 4) {
    if (messages[at] == MESSAGE_PORT) return true;
  }
  return false;
}
static void run(const struct step *step) {
  pass(step->ms, step->overslept);
  switch (step->kind) {
    case STEP_FRAME:
      return receive(step->argument & 3, step->data, step->len, !(step->argument & 4));
    case STEP_ANSWER:
      return answer(step);
    case STEP_ECHO:
      return echo(step);
    case STEP_LINK:
      return set_link(step->argument & 3, step->argument >> 2 & 1);
    case STEP_CONFIGURE:
      if (sets_port(step->data, step->len)) return;
      node_configure(step->data, step->len);
      return node_drain();
    case STEP_POWER_CUT:
      return power_cut();
    case STEP_SLOW_LINK:
      node_hold(step->argument & 1);
      return node_drain();
    default:
      node_stores_at_once = !(step->argument & 1);
      if (node_stores_at_once) flash_catches_up();
      node_drain();
  }
}

/* The end of a sequence: nothing may be left over. */
static void settle(void) {
  node_hold(false);
  node_stores_at_once = true;
  flash_catches_up();
  node_drain();
  for (uint8_t type = MESSAGE_FIRST_QUERY; type <= MESSAGE_LAST_QUERY; type++) {
    uint8_t message[8] = {type, 0, 4, 0};
    node_configure(message, sizeof message);
    node_drain();
  }
  for (uint32_t port = 0; port < NODE_PORTS; port++) {
    if (node_is_link(port)) set_link(port, false);
  }
  pass(SETTLED_MS, true);
  if (under_test_taken()) found("LEAK", "a buffer is still held when everything is over");
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  node_on_record = on_record;
  node_start(getenv("FUZZ_SETUP"));
  node_on_frame = on_frame;
  memcpy(safe_then, safe, sizeof safe);
  safe_count_then = safe_count;
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  node_restore();
  sent_count = late_count = 0;
  safe_count = safe_count_then;
  memcpy(safe, safe_then, safe_count * sizeof *safe);
  foreign = false;
  const uint8_t *end = data + size;
  for (struct step step; step_next(&data, end, &step);) run(&step);
  settle();
  return 0;
}
