/* See w5500.h. Register numbers, times and the order of steps: W5500 datasheet 1.1.0 §2.3, §4, §5.5.1 (reset). */
#include "w5500.h"

enum {
  /* Blocks: what the third byte of an access selects, shifted; with WRITE or without. */
  COMMON = 0 << 3, SOCKET0 = 1 << 3, TX_BUFFER = 2 << 3, RX_BUFFER = 3 << 3, WRITE = 1 << 2,
  /* Common registers */
  SHAR = 0x09, SIMR = 0x18, PHYCFGR = 0x2e, VERSIONR = 0x39,
  LINK = 1, VERSION = 4,
  /* Registers of a socket */
  MR = 0x00, CR = 0x01, IR = 0x02, SR = 0x03, RXBUF_SIZE = 0x1e, TX_FSR = 0x20, TX_WR = 0x24, RX_RSR = 0x26, RX_RD = 0x28,
  IMR = 0x2c,
  /* MACRAW; others' unicasts stay out, multicasts come in */
  MODE = 0x84,
  MACRAW = 0x42,
  OPEN = 0x01, SEND = 0x20, RECV = 0x40,
  GOT = 0x04, SENT = 0x10,

  SOCKETS = 8,
  BUFFER = 16384,
  ETHER_HEADER = 14, FRAME_MAX = 1514,
  /* Read bytes are given back to the chip when so many have gathered, and when there are no more. */
  GATHER = BUFFER / 4,

  /* Milliseconds */
  HOLD = 2, /* RSTn low; 500 us at least */
  SETTLE = 3, /* behind it; 1 ms at least for the PLL */
  RETRY = 100,
  LOOK = 10,
  STUCK = 2000,
  /* Reads of a register that will soon change */
  PATIENCE = 100,
};

static enum { OFF, HELD, SETTLING, RUNNING } state;
static uint8_t address[6];
static uint64_t present, since, looked;
static uint32_t restarts;
static bool link, look_now, down;
/* Receiving: where the next byte lies, how many are known to wait, and how many have been read but not given back. */
static uint16_t rx_at;
static uint32_t rx_left, rx_read;
/* Sending: where the next byte goes; a frame is on its way; since when the chip has taken none. */
static uint16_t tx_at;
static bool sending, refused;
static uint64_t refused_since;

static void begin(uint8_t block, uint16_t at) {
  const uint8_t head[3] = {(uint8_t)(at >> 8), (uint8_t)at, block};
  w5500_bus_select(true);
  w5500_bus_transfer(head, 0, sizeof head);
}
static void end(void) { w5500_bus_select(false); }
/* At most 12 bytes, in one exchange. */
static void get(uint8_t block, uint16_t at, uint8_t *to, uint32_t len) {
  const uint8_t out[3 + 12] = {(uint8_t)(at >> 8), (uint8_t)at, block};
  uint8_t in[sizeof out];
  w5500_bus_select(true);
  w5500_bus_transfer(out, in, 3 + len);
  end();
  for (uint32_t i = 0; i < len; i++) to[i] = in[3 + i];
}
static uint8_t get8(uint8_t block, uint16_t at) {
  uint8_t value;
  get(block, at, &value, 1);
  return value;
}
static uint16_t get16(uint8_t block, uint16_t at) {
  uint8_t value[2];
  get(block, at, value, 2);
  return (uint16_t)(value[0] << 8 | value[1]);
}
static void put8(uint8_t block, uint16_t at, uint8_t value) {
  const uint8_t out[4] = {(uint8_t)(at >> 8), (uint8_t)at, block | WRITE, value};
  w5500_bus_select(true);
  w5500_bus_transfer(out, 0, sizeof out);
  end();
}
static void put16(uint8_t block, uint16_t at, uint16_t value) {
  const uint8_t out[5] = {(uint8_t)(at >> 8), (uint8_t)at, block | WRITE, (uint8_t)(value >> 8), (uint8_t)value};
  w5500_bus_select(true);
  w5500_bus_transfer(out, 0, sizeof out);
  end();
}

static void reset(void) {
  state = HELD;
  since = present;
  link = look_now = sending = refused = false;
  rx_left = rx_read = 0;
  w5500_bus_reset(true);
}
/* Counted once, however often the chip has to be reset until it is well. */
static void failed(void) {
  if (!down) restarts++;
  down = true;
  reset();
}
/* Gives socket 0 a command; the chip clears the register when it has taken it. */
static bool command(uint8_t what) {
  put8(SOCKET0, CR, what);
  for (int i = 0; i < PATIENCE; i++) {
    if (get8(SOCKET0, CR) == 0) return true;
  }
  return false;
}
static bool set_up(void) {
  if (get8(COMMON, VERSIONR) != VERSION) return false;
  for (uint16_t i = 0; i < sizeof address; i++) put8(COMMON, SHAR + i, address[i]);
  for (uint8_t socket = 0; socket < SOCKETS; socket++) {
    uint8_t block = (uint8_t)((socket * 4 + 1) << 3), kibibytes = socket == 0 ? BUFFER / 1024 : 0;
    put16(block, RXBUF_SIZE, (uint16_t)(kibibytes << 8 | kibibytes));
  }
  put8(SOCKET0, MR, MODE);
  if (!command(OPEN) || get8(SOCKET0, SR) != MACRAW) return false;
  put8(SOCKET0, IMR, GOT);
  put8(COMMON, SIMR, 1);
  tx_at = get16(SOCKET0, TX_WR);
  rx_at = get16(SOCKET0, RX_RD);
  return true;
}
/* Is the chip what it was made to be? It may have lost its power, or its wires. */
static void look(void) {
  uint8_t common[VERSIONR - PHYCFGR + 1], socket[SR + 1];
  get(COMMON, PHYCFGR, common, sizeof common);
  get(SOCKET0, MR, socket, sizeof socket);
  bool sound = common[VERSIONR - PHYCFGR] == VERSION && socket[MR] == MODE && socket[SR] == MACRAW;
  bool stuck = refused && present - refused_since >= STUCK;
  if (!sound || stuck) {
    failed();
    return;
  }
  link = common[0] & LINK;
  /* Frames are found without an interrupt, too, only later. */
  look_now = true;
}

void w5500_start(const uint8_t mac[6], uint64_t now) {
  for (uint32_t i = 0; i < sizeof address; i++) address[i] = mac[i];
  present = now;
  reset();
}
void w5500_poll(uint64_t now) {
  present = now;
  if (state == HELD && now - since >= HOLD) {
    w5500_bus_reset(false);
    state = SETTLING;
    since = now;
  } else if (state == SETTLING && now - since >= SETTLE) {
    if (set_up()) {
      state = RUNNING;
      down = false;
      looked = now;
      look();
    } else {
      failed();
      since = now + RETRY - HOLD;
    }
  } else if (state == RUNNING && now - looked >= LOOK) {
    looked = now;
    look();
  }
}
bool w5500_ready(void) { return state == RUNNING; }
bool w5500_up(void) { return link; }
bool w5500_waiting(void) { return rx_left != 0 || (state == RUNNING && w5500_bus_interrupt()); }
uint32_t w5500_restarts(void) { return restarts; }

/* Asks the chip how much it has; true when there is something. */
static bool ask(void) {
  if (!look_now && !w5500_bus_interrupt()) return false;
  look_now = false;
  /* First: what comes after this sets it again. */
  put8(SOCKET0, IR, GOT);
  /* The two bytes may change between their reads. */
  uint32_t size = get16(SOCKET0, RX_RSR);
  for (uint32_t again, i = 0; (again = get16(SOCKET0, RX_RSR)) != size; size = again) {
    if (++i == PATIENCE) {
      failed();
      return false;
    }
  }
  if (size > BUFFER) failed();
  else rx_left = size;
  return rx_left != 0;
}
static void give_back(void) {
  rx_read = 0;
  put16(SOCKET0, RX_RD, rx_at);
  if (!command(RECV)) failed();
}
uint32_t w5500_receive(uint8_t *to, uint32_t room) {
  if (state != RUNNING || (rx_left == 0 && !ask())) return 0;
  /* Before each frame its length and the two bytes of it, big-endian. */
  uint8_t head[2];
  begin(RX_BUFFER, rx_at);
  w5500_bus_transfer(0, head, sizeof head);
  uint32_t size = (uint32_t)head[0] << 8 | head[1], len = size - sizeof head;
  bool sound = size >= sizeof head + ETHER_HEADER && size <= rx_left;
  if (sound) w5500_bus_transfer(0, to, len < room ? len : room);
  end();
  if (!sound) {
    failed();
    return 0;
  }
  rx_at += size;
  rx_read += size;
  rx_left -= size;
  if (rx_left == 0 || rx_read >= GATHER) give_back();
  return len;
}

/* The frame before has left the chip. */
static bool sent(void) {
  for (int i = 0; sending && i < PATIENCE; i++) {
    if (get8(SOCKET0, IR) & SENT) {
      put8(SOCKET0, IR, SENT);
      sending = false;
    }
  }
  return !sending;
}
static bool refuse(void) {
  if (!refused) refused_since = present;
  refused = true;
  return false;
}
bool w5500_send(const uint8_t *frame, uint32_t len) {
  if (state != RUNNING) return false;
  if (len > FRAME_MAX) return true;
  if (get16(SOCKET0, TX_FSR) < len) return refuse();
  begin(TX_BUFFER | WRITE, tx_at);
  w5500_bus_transfer(frame, 0, len);
  end();
  /* The frame before went out meanwhile. Where it did not, this one is written once more. */
  if (!sent()) return refuse();
  put16(SOCKET0, TX_WR, (uint16_t)(tx_at + len));
  if (!command(SEND)) {
    failed();
    return false;
  }
  tx_at += len;
  sending = true;
  refused = false;
  return true;
}
