/* See node.h. */
#include "node.h"

#include <sanitizer/asan_interface.h>
#include <stddef.h>

#include "../../bench/native/tape.h"
#include "checksums.h"
#include "core.h"
#include "frames.h"
#include "under_test.h"

enum {
  /* assembly/abi/message.ts, port.ts */
  MESSAGE_STORED = 5,
  MESSAGE_PORT = 16,
  /* assembly/abi/event.ts: STEP, DROP, LOST */
  EVENT_LAST_TRACE = 3,
  KIND_ETHER = 1,
  KIND_IP = 2,
  CONTROL_SIZE = 1536,
  /* Turns of timers at one moment; no more than that many events of one call. */
  TURNS_AT_ONCE = 32,
  EVENTS_AT_ONCE = 40,
  MESSAGES_MAX = 8192,
  HELD_MAX = 5,
};

void (*node_on_frame)(uint32_t port, const uint8_t *frame, uint32_t len);
void (*node_on_record)(const struct node_record *record);
bool node_stores_at_once = true;

struct moment {
  uint64_t now;
  struct {
    uint32_t kind; /* 0 = not configured */
    struct frame_rules rules;
    /* Configured twice: a frame that leaves may still be as the port was. */
    bool changed;
  } ports[NODE_PORTS];
  /* The setup is over. */
  bool configured;
  /* Frames that were taken and not given back. */
  bool holds;
  uint32_t held[HELD_MAX], held_count;
};
static struct moment moment, then;
/* The configuration that the tape gave. */
static uint8_t messages[MESSAGES_MAX];
static uint32_t messages_len;

static uint32_t get16(const uint8_t *p) { return (uint32_t)(p[0] | p[1] << 8); }
static uint32_t get32(const uint8_t *p) { return get16(p) | get16(p + 2) << 16; }
static uint32_t padded(uint32_t len) { return (len + 3) & ~3u; }

static void set_time(uint64_t ms) {
  moment.now = ms;
  under_test_call();
  under_test_put(core_clock(), &ms, sizeof ms, sizeof ms);
}
void node_pass(uint64_t ms) { set_time(moment.now + ms); }
uint64_t node_now(void) { return moment.now; }

void node_show(const uint8_t *frame, uint32_t len) {
  for (uint32_t i = 0; i < len; i++) fprintf(stderr, "%02x%s", frame[i], i % 16 == 15 || i + 1 == len ? "\n" : " ");
}
static void check_sent(const struct core_tx *tx) {
  static const char *const uninitialized = "bytes that nobody wrote";
  uint32_t size = core_memory_size();
  if (tx->ptr > size || tx->len > size - tx->ptr) found("TRANSMIT", "a frame outside the memory");
  if (tx->port >= NODE_PORTS) found("TRANSMIT", "by a port that is not there");
  const uint8_t *frame = core_memory() + tx->ptr;
  uint32_t kind = moment.ports[tx->port].kind;
  const struct frame_rules *rules = &moment.ports[tx->port].rules;
  const char *fault = NULL;
  if (tx->len && __asan_region_is_poisoned((void *)frame, tx->len)) fault = uninitialized;
  else if (moment.ports[tx->port].changed) return;
  else if (kind == KIND_ETHER) fault = frame_fault_ethernet(frame, tx->len, rules);
  else if (kind == KIND_IP) fault = frame_fault_ip(frame, tx->len, rules);
  if (!fault) return;
  if (fault != uninitialized) node_show(frame, tx->len);
  found("TRANSMIT", fault);
}
static void give_back(uint32_t ptr) {
  under_test_call();
  core_tx_done(ptr);
}
void node_give_back(void) {
  while (moment.held_count) give_back(moment.held[--moment.held_count]);
}
void node_hold(bool on) {
  moment.holds = on;
  if (!on) node_give_back();
}
bool node_is_link(uint32_t port) { return port < NODE_PORTS && moment.ports[port].kind == KIND_ETHER; }
/* The frame is on its way; the one that was first may be given back last. */
static void sent(uint32_t ptr) {
  if (!moment.holds) return give_back(ptr);
  if (moment.held_count == HELD_MAX) node_give_back();
  moment.held[moment.held_count++] = ptr;
}
static void drain_frames(void) {
  for (uint32_t record; (under_test_call(), record = core_take_tx()) != 0;) {
    struct core_tx tx;
    memcpy(&tx, core_memory() + record, sizeof tx);
    check_sent(&tx);
    if (node_on_frame) node_on_frame(tx.port, core_memory() + tx.ptr, tx.len);
    sent(tx.ptr);
  }
}
static void drain_records(void) {
  for (uint32_t at; (under_test_call(), at = core_take_store()) != 0;) {
    const uint8_t *from = core_memory() + at;
    struct node_record record = {.id = get32(from), .len = get32(from + 4), .generation = get32(from + 8)};
    if (record.len > NODE_RECORD_MAX) found("RECORD", "longer than a record may be");
    if (record.id >> 31) found("RECORD", "an id of the board's own");
    memcpy(record.bytes, from + 12, record.len);
    if (node_on_record) node_on_record(&record);
    under_test_call();
    if (node_stores_at_once) core_stored(record.generation);
  }
}
void node_drain(void) {
  uint32_t events = 0;
  drain_frames();
  drain_records();
  drain_frames();
  for (uint32_t at; (under_test_call(), at = core_take_event()) != 0;) {
    /* Steps and drops are traces: as many as there are steps. */
    if (get16(core_memory() + at) > EVENT_LAST_TRACE) events++;
    if (events > EVENTS_AT_ONCE) found("STORM", "one call caused more events than the core holds");
  }
  if (!under_test_buffers()) return;
  under_test_call();
  uint32_t known = CORE_EXPORT(buffersHeld)(&core_instance) + moment.held_count;
  if (known != under_test_taken()) found("LEAK", "a buffer that nobody holds, or that two hold");
  if (known + CORE_EXPORT(buffersFree)(&core_instance) != under_test_buffers()) found("LEAK", "free buffers miscounted");
}

void node_expect(uint32_t port, const uint8_t *frame, uint32_t len) {
  bool sound = checksums_check(frame, len) == CHECKSUMS_RIGHT;
  bool given = moment.ports[port % NODE_PORTS].kind == KIND_IP && len > 7 && frame[0] >> 4 == 6 && frame[7] == 0;
  for (int i = 0; i < NODE_PORTS; i++) {
    moment.ports[i].rules.checksums &= sound;
    moment.ports[i].rules.hop_limits &= !given;
  }
}
bool node_receive(uint32_t port, const uint8_t *frame, uint32_t len, bool fix) {
  under_test_call();
  uint32_t at = core_rx_buffer(port);
  if (!at) return false;
  uint8_t copy[NODE_FRAME_MAX];
  if (len > sizeof copy) len = sizeof copy;
  memcpy(copy, frame, len);
  if (fix) checksums_fix(copy, len);
  node_expect(port, copy, len);
  under_test_put(at, copy, len, NODE_FRAME_MAX);
  under_test_call();
  core_rx(port, len);
  return true;
}

/* The ports as messages that were accepted have them. */
static void note_ports(const uint8_t *bytes, uint32_t len) {
  for (uint32_t at = 0; at + 4 <= len; at += 4 + padded(get16(bytes + at + 2))) {
    const uint8_t *value = bytes + at + 4;
    if (get16(bytes + at) != MESSAGE_PORT || value[0] >= NODE_PORTS) continue;
    moment.ports[value[0]].changed = moment.configured;
    moment.ports[value[0]].kind = value[1];
    moment.ports[value[0]].rules.mtu = get16(value + 2);
    memcpy(moment.ports[value[0]].rules.mac, value + 4, 6);
  }
}
int32_t node_configure(const uint8_t *bytes, uint32_t len) {
  under_test_call();
  under_test_put(core_ctl_buffer(), bytes, len, CONTROL_SIZE);
  int32_t result = core_configure(len);
  const uint8_t *reply = core_memory() + core_ctl_buffer() + CONTROL_SIZE;
  uint32_t offset = result < 0 ? get32(reply) : len;
  if (offset > len) found("CONTROL", "refused a message that is not there");
  note_ports(bytes, offset);
  if (result > CONTROL_SIZE) found("CONTROL", "a reply longer than its buffer");
  for (int32_t at = 0; at < result; at += 4 + (int32_t)padded(get16(reply + at + 2))) {
    if (result - at < 4 || (int32_t)padded(get16(reply + at + 2)) > result - at - 4) found("CONTROL", "a reply cut short");
  }
  return result;
}
uint32_t node_tick(void) {
  for (int i = 0; i < TURNS_AT_ONCE; i++) {
    under_test_call();
    uint32_t wait = core_tick();
    node_drain();
    if (wait == 0) continue;
    under_test_call();
    if (core_tick() != wait) found("TIMER", "a deadline moved while no time passed");
    return wait;
  }
  found("TIMER", "always due again");
}

static void configure_all(uint32_t from, uint32_t to) {
  for (uint32_t at = from, size; at < to; at += size) {
    size = 4 + padded(get16(messages + at + 2));
    if (node_configure(messages + at, size) < 0) found("SETUP", "configuration refused");
    node_drain();
  }
}
static uint32_t behind_ports(void) {
  uint32_t at = 0;
  while (at < messages_len && get16(messages + at) <= MESSAGE_PORT) at += 4 + padded(get16(messages + at + 2));
  return at;
}
void node_configure_ports(void) {
  moment.configured = false;
  configure_all(0, behind_ports());
  moment.configured = true;
}
void node_configure_rest(void) { configure_all(behind_ports(), messages_len); }

void node_power_cut(void) {
  under_test_power_cut();
  set_time(moment.now);
}

static void replay(const char *path) {
  const uint8_t *at = tape_load(path);
  for (struct tape_step step; (step = tape_next(&at)).op != TAPE_END;) {
    switch (step.op) {
      case TAPE_CLOCK:
        set_time(step.a | (uint64_t)step.b << 32);
        break;
      case TAPE_CONFIGURE:
        if (messages_len + step.len > MESSAGES_MAX) found("SETUP", "more configuration than MESSAGES_MAX");
        memcpy(messages + messages_len, step.bytes, step.len);
        messages_len += step.len;
        if (node_configure(step.bytes, step.len) < 0) found("SETUP", "configuration refused");
        break;
      case TAPE_RX:
        node_receive(step.a, step.bytes, step.len, false);
        break;
      case TAPE_TICK:
        under_test_call();
        core_tick();
        break;
      default:
        node_drain();
    }
  }
}
void node_start(const char *tape) {
  under_test_start();
  if (tape) replay(tape);
  for (int i = 0; i < NODE_PORTS; i++) moment.ports[i].rules.checksums = moment.ports[i].rules.hop_limits = true;
  under_test_keep();
  moment.configured = true;
  then = moment;
}
void node_restore(void) {
  under_test_restore();
  moment = then;
  node_stores_at_once = true;
}
