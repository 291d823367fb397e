/* firmware/drivers/w5500.c against a chip that lies: it keeps registers and a receive buffer as the datasheet says, but for the answers
 * that the input changes. Steps, each {u8 what, ...}:
 *
 *     0 = time passes {u8 ms}, poll   1 = receive {u16 room}   2 = send {u16 length}   3 = a frame came {u16 size in its head, u8 n, n bytes}
 *     4 = the next answers are the input's {u8 how many, bytes}   5 = interrupt {u8}    6 = start */
#include "w5500.h"

#include <string.h>

#include "input.h"

enum { BLOCKS = 32, BUFFER = 16384, COMMON = 0, SOCKET0 = 1, RX = 3, CALLS_MAX = 100000 };

static uint8_t memory[BLOCKS][65536 / 32];
static uint8_t rx[BUFFER];
static struct input lies;
static uint8_t head[3];
static uint32_t head_len, at, calls;
static uint16_t rx_end;
static bool low;

static uint8_t *reg(uint32_t block, uint32_t where) { return &memory[block % BLOCKS][where % sizeof memory[0]]; }
static void set16(uint32_t where, uint32_t v) {
  *reg(SOCKET0, where) = (uint8_t)(v >> 8);
  *reg(SOCKET0, where + 1) = (uint8_t)v;
}
static uint32_t get16(uint32_t where) { return (uint32_t)(*reg(SOCKET0, where) << 8 | *reg(SOCKET0, where + 1)); }
static void waiting(void) { set16(0x26, (rx_end - get16(0x28)) & 0xffff); }

/* Commands of socket 0: OPEN, SEND, RECV. */
static void command(uint8_t what) {
  if (what == 0x01) *reg(SOCKET0, 3) = 0x42;
  if (what == 0x20) *reg(SOCKET0, 2) |= 0x10;
  if (what == 0x40) waiting();
}
static uint8_t exchange(uint8_t out) {
  if (head_len < 3) {
    head[head_len++] = out;
    if (head_len == 3) at = (uint32_t)(head[0] << 8 | head[1]);
    return 0;
  }
  uint32_t block = head[2] >> 3;
  uint32_t where = at++;
  if (head[2] & 4) {
    if (block == SOCKET0 && where == 1) command(out);
    else if (block == SOCKET0 && where == 2) *reg(block, where) &= (uint8_t)~out;
    else if (block != RX) *reg(block, where) = out;
    return 0;
  }
  if (lies.at < lies.end) return (uint8_t)input_8(&lies);
  return block == RX ? rx[where % BUFFER] : *reg(block, where);
}

void w5500_bus_select(bool selected) { head_len = selected ? 0 : 3; }
void w5500_bus_transfer(const uint8_t *out, uint8_t *in, uint32_t len) {
  promised(++calls < CALLS_MAX, "a call ends");
  for (uint32_t i = 0; i < len; i++) {
    uint8_t answer = exchange(out ? out[i] : 0);
    if (in) in[i] = answer;
  }
}
void w5500_bus_reset(bool held) {
  if (!held) return;
  memset(memory, 0, sizeof memory);
  *reg(COMMON, 0x39) = 4;
  *reg(COMMON, 0x2e) = 1;
  set16(0x20, BUFFER);
  rx_end = 0;
}
bool w5500_bus_interrupt(void) { return low; }

static void receive(uint32_t room) {
  uint8_t *to = malloc(room ? room : 1);
  w5500_receive(to, room);
  free(to);
}
static void arrive(struct input *in) {
  const uint8_t *bytes;
  uint32_t size = input_16(in), n = input_bytes(in, &bytes, input_8(in));
  rx[rx_end++ % BUFFER] = (uint8_t)(size >> 8);
  rx[rx_end++ % BUFFER] = (uint8_t)size;
  for (uint32_t i = 0; i < n; i++) rx[(uint16_t)(rx_end + i) % BUFFER] = bytes[i];
  rx_end = (uint16_t)(rx_end + size - 2);
  waiting();
  low = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
  static uint8_t frame[2048];
  struct input in = {data, data + size};
  uint64_t now = 1;
  lies = (struct input){0, 0};
  low = false;
  memset(rx, 0, sizeof rx);
  w5500_start(mac, now);
  while (in.at < in.end) {
    const uint8_t *bytes;
    uint32_t n;
    calls = 0;
    switch (input_8(&in) % 7) {
      case 0:
        now += input_8(&in);
        w5500_poll(now);
        break;
      case 1:
        receive(input_16(&in) % 2048);
        break;
      case 2:
        w5500_send(frame, input_16(&in) % sizeof frame);
        break;
      case 3:
        arrive(&in);
        break;
      case 4:
        n = input_bytes(&in, &bytes, input_8(&in));
        lies = (struct input){bytes, bytes + n};
        break;
      case 5:
        low = input_8(&in) & 1;
        break;
      default:
        w5500_start(mac, now);
    }
    promised(w5500_ready() || !w5500_up(), "no carrier without a chip");
    w5500_waiting();
    w5500_restarts();
  }
  return 0;
}
