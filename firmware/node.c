/* See node.h. */
#include "node.h"

#include "abi.h"
#include "console.h"
#include "core.h"
#include "port.h"
#include "records.h"
#include "saved.h"

CORE_INSTANCE;

enum {
  PORTS = 4,
  /* What a buffer of the core holds of a frame; it counts what is longer (engine/abi.ts, MAX_PACKET). */
  FRAME_MAX = 1710,
  /* Frames of one port before it is another's turn. */
  BATCH = 8,
  /* A frame that its port does not take for so long is given up. */
  BUSY_MS = 500,
  CONTROL_SIZE = 1536,
  PORT_LENGTH = 12,
  /* Ids of the core's records have their highest bits free. */
  CORE_RECORD_MAX = 116,
};

static struct {
  bool open, up;
  uint8_t kind;
  uint32_t received, sent, refused, unsent, restarts;
} ports[PORTS];
/* A frame that waits for its port; len 0 = none. */
static struct core_tx waiting;
static uint64_t waiting_since;

static uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t get32(const uint8_t *p) { return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24; }
static void put16(uint8_t *p, uint32_t v) { p[0] = (uint8_t)v, p[1] = (uint8_t)(v >> 8); }
static void put32(uint8_t *p, uint32_t v) { put16(p, v), put16(p + 2, v >> 16); }

/* The core's time is never zero. */
static uint64_t set_clock(void) {
  uint64_t now = port_now_ms();
  core_set_clock(now + 1);
  return now;
}

/* The request buffer, filled message by message and run when it is full. */
static uint32_t filled;

static void run(void) {
  if (!filled) return;
  uint8_t *control = core_memory() + core_ctl_buffer();
  int32_t result = core_configure(filled);
  filled = 0;
  if (result >= 0) return;
  uint32_t at = get32(control + CONTROL_SIZE);
  say("configuration: message of type ");
  say_number(at < CONTROL_SIZE ? get16(control + at) : 0);
  say(" refused: ");
  say_line(-result < REFUSAL_COUNT ? REFUSAL_NAMES[-result] : "?");
}
/* Room for a message with `len` bytes of value, zeroed. */
static uint8_t *message(uint32_t type, uint32_t len) {
  uint32_t size = 4 + ((len + 3) & ~3u);
  if (filled + size > CONTROL_SIZE) run();
  uint8_t *at = core_memory() + core_ctl_buffer() + filled;
  memset(at, 0, size);
  put16(at, type);
  put16(at + 2, len);
  filled += size;
  return at + 4;
}

static void put_entropy(void) {
  if (!port_entropy(message(MESSAGE_ENTROPY, 32))) say_line("entropy: this board has no source that nobody can guess");
}
/* A port as the configuration wants it, with the hardware's address where it names none. */
static void put_port(const uint8_t *value) {
  static const uint8_t none[6];
  uint32_t number = value[0];
  uint8_t *to = message(MESSAGE_PORT, PORT_LENGTH);
  memcpy(to, value, PORT_LENGTH);
  if (number >= PORTS || (value[1] != PORT_ETHER && value[1] != PORT_IP)) return;
  ports[number].kind = value[1];
  ports[number].restarts = port_faults(number).restarts;
  ports[number].open = port_open(number, value[1], memcmp(to + 4, none, 6) != 0, to + 4);
  ports[number].up = ports[number].open && port_up(number);
  say("port ");
  say_number(number);
  if (!ports[number].open) say_line(": not there");
  else if (value[1] == PORT_ETHER) {
    say(": Ethernet ");
    say_hex(to + 4, 6);
    say_line(ports[number].up ? "" : ", no carrier");
  } else say_line(": application");
}
static void put_link(uint32_t number) {
  uint8_t *to = message(MESSAGE_LINK, 4);
  to[0] = (uint8_t)number;
  to[1] = ports[number].up;
}
static void put_stored(void) {
  uint8_t bytes[CORE_RECORD_MAX];
  uint32_t at = 0;
  for (uint32_t id; (id = records_next(&at)) != 0;) {
    if (id >> 31) continue;
    uint32_t len = records_get(id, bytes, sizeof bytes);
    if (len > sizeof bytes) continue;
    uint8_t *to = message(MESSAGE_STORED, 4 + len);
    put32(to, id);
    memcpy(to + 4, bytes, len);
  }
}

/* Entropy, tracing and ports first, then what earlier lives kept, then the rest. */
static void configure_all(void) {
  const struct messages messages = saved_or_built_in();
  bool stored = false;
  for (uint32_t at = 0; at + 4 <= messages.length;) {
    const uint8_t *head = messages.bytes + at, *value = head + 4;
    uint32_t type = get16(head), len = get16(head + 2);
    at += 4 + ((len + 3) & ~3u);
    if (type > MESSAGE_PORT && !stored) {
      stored = true;
      for (uint32_t i = 0; i < PORTS; i++) {
        if (ports[i].kind == PORT_ETHER && !ports[i].up) put_link(i);
      }
      put_stored();
    }
    if (type == MESSAGE_ENTROPY) put_entropy();
    else if (type == MESSAGE_PORT && len >= PORT_LENGTH) put_port(value);
    else memcpy(message(type, len), value, len);
  }
  run();
}

void node_start(void) {
  memset(ports, 0, sizeof ports);
  waiting.len = filled = 0;
  core_start();
  uint32_t abi = core_abi();
  if (abi != ABI_VERSION) {
    say("the image speaks ABI ");
    say_number(abi);
    say_line("");
  }
  set_clock();
  configure_all();
}
void node_configure(const uint8_t *messages, uint32_t len) {
  if (len > CONTROL_SIZE) return;
  set_clock();
  memcpy(core_memory() + core_ctl_buffer(), messages, len);
  filled = len;
  run();
}

static void watch_device(uint32_t i) {
  uint32_t restarts = port_faults(i).restarts;
  if (restarts == ports[i].restarts) return;
  ports[i].restarts = restarts;
  say("port ");
  say_number(i);
  say(": its device failed and is started again, time ");
  say_number(restarts);
  say_line("");
}
static void watch_carrier(void) {
  for (uint32_t i = 0; i < PORTS; i++) {
    if (!ports[i].open || ports[i].kind != PORT_ETHER) continue;
    bool up = port_up(i);
    watch_device(i);
    if (up == ports[i].up) continue;
    ports[i].up = !ports[i].up;
    put_link(i);
    run();
  }
}
/* False: there may be more. */
static bool receive(uint32_t i) {
  for (int n = 0; n < BATCH; n++) {
    uint32_t at = core_rx_buffer(i);
    if (!at) {
      ports[i].refused++;
      return true;
    }
    uint32_t len = port_receive(i, core_memory() + at, FRAME_MAX);
    if (!len) return true;
    ports[i].received++;
    core_rx(i, len);
  }
  return false;
}
static void give_back(uint32_t *count) {
  ++*count;
  core_tx_done(waiting.ptr);
  waiting.len = 0;
}
/* False: a frame waits for its port. */
static bool send(uint64_t now) {
  for (;;) {
    if (!waiting.len) {
      uint32_t record = core_take_tx();
      if (!record) return true;
      memcpy(&waiting, core_memory() + record, sizeof waiting);
      waiting_since = now;
    }
    uint32_t i = waiting.port;
    bool there = i < PORTS && ports[i].open && (ports[i].kind == PORT_IP || ports[i].up);
    if (there && port_send(i, core_memory() + waiting.ptr, waiting.len)) give_back(&ports[i].sent);
    else if (!there || now - waiting_since >= BUSY_MS) give_back(&ports[i < PORTS ? i : 0].unsent);
    else return false;
  }
}
/* `* KIND code ms a b x y` */
static void tell_events(void) {
  for (uint32_t record; (record = core_take_event()) != 0;) {
    const uint8_t *e = core_memory() + record;
    uint32_t kind = get16(e), code = get16(e + 2);
    say("* ");
    say(kind < EVENT_COUNT ? EVENT_NAMES[kind] : "?");
    say(" ");
    if (kind == EVENT_DROP && code < VERDICT_COUNT) say(VERDICT_NAMES[code]);
    else say_number(code);
    say(" ");
    say_number(get32(e + 4));
    say(" ");
    say_ip6(e + 8);
    say(" ");
    say_ip6(e + 24);
    say(" ");
    say_number(get32(e + 40));
    say(" ");
    say_number(get32(e + 44));
    say_line("");
  }
}
static void keep_records(void) {
  uint32_t generation = 0;
  bool all = true;
  for (uint32_t record; (record = core_take_store()) != 0;) {
    const uint8_t *r = core_memory() + record;
    generation = get32(r + 8);
    if (!records_put(get32(r), r + 12, get32(r + 4))) {
      say_line("records: the flash took no more");
      all = false;
    }
  }
  if (generation && all) core_stored(generation);
}

uint64_t node_turn(void) {
  uint64_t now = set_clock();
  watch_carrier();
  bool empty = true;
  for (uint32_t i = 0; i < PORTS; i++) {
    if (ports[i].open) empty &= receive(i);
  }
  uint32_t wait = core_tick();
  bool sent = send(now);
  tell_events();
  keep_records();
  if (!sent) return now + 1;
  if (!empty || wait == 0) return now;
  return wait == UINT32_MAX ? UINT64_MAX : now + wait;
}

static void say_count(const char *name, uint32_t n) {
  say(name);
  say_number(n);
}
void node_status(void) {
  for (uint32_t i = 0; i < PORTS; i++) {
    if (!ports[i].open) continue;
    say_count("port ", i);
    say(ports[i].kind == PORT_IP || ports[i].up ? ": up" : ": down");
    say_count(", received ", ports[i].received);
    say_count(", sent ", ports[i].sent);
    say_count(", no buffer ", ports[i].refused);
    say_count(", unsent ", ports[i].unsent);
    struct port_faults faults = port_faults(i);
    say_count(", restarts ", faults.restarts);
    say_count(", lost ", faults.lost);
    say_line("");
  }
  for (uint32_t row = 0, more = 1; more;) {
    more = 0;
    put32(message(MESSAGE_COUNTERS, 4), row);
    int32_t length = core_configure(filled);
    filled = 0;
    const uint8_t *at = core_memory() + core_ctl_buffer() + CONTROL_SIZE;
    const uint8_t *end = at + (length > 0 ? length : 0);
    for (; at < end; at += 4 + ((get16(at + 2) + 3) & ~3u)) {
      if (get16(at) == MESSAGE_MORE) {
        row = get32(at + 4);
        more = 1;
        continue;
      }
      uint32_t verdict = get16(at + 4);
      say("dropped ");
      say(verdict < VERDICT_COUNT ? VERDICT_NAMES[verdict] : "?");
      say_count(" ", get32(at + 8));
      say_line("");
    }
  }
}
