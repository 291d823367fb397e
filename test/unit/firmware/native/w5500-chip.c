/* See w5500-chip.h. */
#include "w5500-chip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "w5500.h"

enum { SIZE_16K = 16384, MACRAW = 0x42, OPEN = 1, SEND = 0x20, RECV = 0x40, GOT = 4, SENT = 0x10 };

uint32_t chip_resets;
static enum fault fault;
static uint8_t common[0x40], socket[0x30], tx[SIZE_16K], rx[SIZE_16K];
static uint16_t rx_write, rx_read, tx_read;
static bool selected, held;
static uint32_t position;
static uint16_t address;
static uint8_t block;

static void wrong(const char *what) {
  printf("wrong: %s\n", what);
  exit(1);
}
static uint16_t get(const uint8_t *registers, uint32_t at) { return (uint16_t)(registers[at] << 8 | registers[at + 1]); }
static void put(uint8_t *registers, uint32_t at, uint16_t value) { registers[at] = (uint8_t)(value >> 8), registers[at + 1] = (uint8_t)value; }

static void forget(void) {
  memset(common, 0, sizeof common);
  memset(socket, 0, sizeof socket);
  common[0x39] = 4;
  common[0x2e] = 0xbf;
  socket[0x1e] = socket[0x1f] = 2;
  rx_write = rx_read = tx_read = 0;
}
void chip_break(enum fault how) { fault = how; }
void chip_brown_out(void) { forget(); }

bool chip_arrive(const uint8_t *frame, uint32_t len) {
  if (held || socket[3] != MACRAW || (uint16_t)(rx_write - rx_read) + len + 2u > SIZE_16K) return false;
  uint32_t size = fault == HEADER ? 9 : fault == BEYOND ? len + 3 : len + 2;
  if (fault == HEADER || fault == BEYOND) fault = SOUND;
  rx[rx_write++ % SIZE_16K] = (uint8_t)(size >> 8);
  rx[rx_write++ % SIZE_16K] = (uint8_t)size;
  while (len--) rx[rx_write++ % SIZE_16K] = *frame++;
  socket[2] |= GOT;
  return true;
}
static void command(uint8_t what) {
  if (fault == DEAF) {
    socket[1] = what;
    return;
  }
  if (what == OPEN) {
    if (socket[0] != 0x84 || socket[0x1e] != 16 || socket[0x1f] != 16) wrong("opened without mode or buffers");
    socket[3] = MACRAW;
  } else if (what == RECV) {
    rx_read = get(socket, 0x28);
    if ((uint16_t)(rx_write - rx_read) > SIZE_16K) wrong("gave back more than there was");
  } else if (what == SEND) {
    uint16_t len = (uint16_t)(get(socket, 0x24) - tx_read);
    uint8_t frame[SIZE_16K];
    if (fault == STUCK) return;
    if (socket[2] & SENT) wrong("sent again without a look at the frame before");
    for (uint32_t i = 0; i < len; i++) frame[i] = tx[(uint16_t)(tx_read + i) % SIZE_16K];
    tx_read += len;
    socket[2] |= SENT;
    chip_sent(frame, len);
  } else wrong("an unknown command");
}
static uint8_t read(void) {
  if (block >> 3 == 0) {
    if (address == 0x2e && fault == UNPLUGGED) return 0xbe;
    return common[address & 0x3f];
  }
  if (block >> 3 == 2) return tx[address % SIZE_16K];
  if (block >> 3 == 3) return rx[address % SIZE_16K];
  if (block >> 3 != 1) return 0;
  uint16_t waits = (uint16_t)(rx_write - rx_read), room = (uint16_t)(SIZE_16K - (uint16_t)(get(socket, 0x24) - tx_read));
  static uint16_t restless;
  if (fault == SIZE) waits = SIZE_16K + 5;
  if (fault == RESTLESS) waits = ++restless;
  if (fault == FULL) room = 0;
  put(socket, 0x20, room);
  put(socket, 0x22, tx_read);
  put(socket, 0x26, waits);
  if (address >= sizeof socket) return 0;
  return socket[address];
}
static void write(uint8_t byte) {
  if (block >> 3 == 0) common[address & 0x3f] = byte;
  else if (block >> 3 == 2) tx[address % SIZE_16K] = byte;
  else if (block >> 3 != 1) return;
  else if (address == 1) command(byte);
  else if (address == 2) socket[2] &= (uint8_t)~byte;
  else if (address < sizeof socket) socket[address] = byte;
}

void w5500_bus_select(bool select) {
  if (select == selected) wrong("selected twice, or let go twice");
  selected = select;
  position = 0;
}
void w5500_bus_transfer(const uint8_t *out, uint8_t *in, uint32_t len) {
  if (!selected) wrong("a transfer without a select");
  for (uint32_t i = 0; i < len; i++) {
    uint8_t byte = out ? out[i] : 0, answer = 0;
    if (position == 0) address = (uint16_t)(byte << 8);
    else if (position == 1) address |= byte;
    else if (position == 2) block = byte;
    else {
      if (block & 3) wrong("not of variable length");
      if (held) answer = 0;
      else if (block & 4) write(byte);
      else answer = read();
      address++;
    }
    position++;
    if (fault == SILENT) answer = 0xff;
    if (fault == GROUNDED) answer = 0;
    if (in) in[i] = answer;
  }
}
void w5500_bus_reset(bool hold) {
  if (hold && !held) {
    chip_resets++;
    forget();
  }
  held = hold;
}
bool w5500_bus_interrupt(void) {
  if (fault == SILENT || fault == NO_INTERRUPT) return false;
  return (common[0x18] & 1) && (socket[2] & socket[0x2c]);
}
