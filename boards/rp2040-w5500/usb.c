/* See usb.h. Endpoint 0 for requests, 1 IN for notifications (there are none), 2 IN and OUT for bytes. Registers and buffers: RP2040
 * datasheet §4.1; requests: USB 2.0 §9.4, PSTN 1.2 §6.3. */
#include "usb.h"

#include <stdbool.h>

#include "flash.h"
#include "rp2040.h"
#include "terminal.h"

enum {
  /* Registers, and bits of them */
  ADDRESS = 0x00, MAIN = 0x40, SIE_CONTROL = 0x4c, SIE_STATUS = 0x50, BUFFERS = 0x58, STALL_ARM = 0x68, MUXING = 0x74, POWER = 0x78,
  ENABLED = 0x90,
  PULL_UP = 1 << 16, INTERRUPT_EP0 = 1 << 29,
  SETUP = 1 << 17, BUS_RESET = 1 << 19,
  ON_BUFFERS = 1 << 4, ON_RESET = 1 << 12, ON_SETUP = 1 << 16,
  /* DPRAM: the request, what endpoint n is at 8 * n (OUT: + 4), its buffer's state at 0x80 + 8 * n (OUT: + 4), buffers */
  REQUEST = 0x00, ENDPOINT = 0x00, STATE = 0x80, OUT_SIDE = 4, BUFFER0 = 0x100, BUFFER1 = 0x180, BUFFER2_IN = 0x1c0, BUFFER2_OUT = 0x200,
  EP_ENABLE = 1 << 31, EP_INTERRUPT = 1 << 29, EP_BULK = 2 << 26, EP_NOTIFY = 3 << 26,
  FULL = 1 << 15, DATA1 = 1 << 13, STALL = 1 << 11, AVAILABLE = 1 << 10, LENGTH = 0x3ff,
  /* Bits of BUFFERS */
  EP0_IN = 1 << 0, EP0_OUT = 1 << 1, EP2_IN = 1 << 4, EP2_OUT = 1 << 5,
  PACKET = 64,
};

enum { DEVICE = 1, CONFIGURATION = 2, STRING = 3, SERIAL_NUMBER = 2, PRODUCT = 1 };
static const uint8_t device[] = {
    18, DEVICE, 0x00, 0x02, 2, 0, 0, PACKET, /* USB 2.0, class: communications */
    0x09, 0x12, 0x01, 0x00, 0x00, 0x01,      /* pid.codes' number for tests */
    0, PRODUCT, SERIAL_NUMBER, 1,
};
static const uint8_t configuration[] = {
    9, CONFIGURATION, 67, 0, 2, 1, 0, 0x80, 50, /* two interfaces, powered by the bus, 100 mA */
    9, 4, 0, 0, 1, 2, 2, 0, 0,                  /* communications: ACM */
    5, 36, 0, 0x10, 0x01,                       /* header, CDC 1.1 */
    5, 36, 1, 0, 1,                             /* no call management */
    4, 36, 2, 2,                                /* line coding and state */
    5, 36, 6, 0, 1,                             /* union of both interfaces */
    7, 5, 0x81, 3, 8, 0, 255,                   /* notifications */
    9, 4, 1, 0, 2, 10, 0, 0, 0,                 /* data */
    7, 5, 0x02, 2, PACKET, 0, 0,
    7, 5, 0x82, 2, PACKET, 0, 0,
};
static const uint8_t language[] = {4, STRING, 0x09, 0x04};

static uint8_t line_coding[7] = {0x00, 0xc2, 0x01, 0x00, 0, 0, 8}; /* 115200 8N1; told back, and otherwise of no use */
static uint8_t number[2 * FLASH_ID + 1];
static uint8_t string[2 + 2 * 2 * FLASH_ID];

/* The answer to a request that is on its way. */
static const uint8_t *answer;
static uint32_t answer_left, answer_toggle;
static uint32_t new_address;
static bool coding_follows;
/* The serial port: a packet is on its way to the host; one of the host's waits for room. */
static bool configured, sending, held;
static uint32_t in_toggle, out_toggle;

static void copy_in(uint32_t buffer, const uint8_t *from, uint32_t len) {
  for (uint32_t i = 0; i < len; i += 4) {
    uint32_t word = 0;
    for (uint32_t k = 0; k < 4 && i + k < len; k++) word |= (uint32_t)from[i + k] << 8 * k;
    REG(USB_DPRAM + buffer + i) = word;
  }
}
static uint8_t byte_of(uint32_t buffer, uint32_t i) { return (uint8_t)(REG(USB_DPRAM + buffer + (i & ~3u)) >> 8 * (i & 3)); }
/* Gives a buffer to the controller, which looks with its own clock: the rest of the state has to be there before. */
static void give(uint32_t at, uint32_t state) {
  REG(USB_DPRAM + STATE + at) = state;
  __asm__ volatile("nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop");
  REG(USB_DPRAM + STATE + at) = state | AVAILABLE;
}

static void answer_more(void) {
  uint32_t len = answer_left < PACKET ? answer_left : PACKET;
  copy_in(BUFFER0, answer, len);
  answer += len;
  answer_left -= len;
  give(0, FULL | answer_toggle | len);
  answer_toggle ^= DATA1;
}
static void answer_with(const uint8_t *bytes, uint32_t len, uint32_t wanted) {
  answer = bytes;
  answer_left = len < wanted ? len : wanted;
  answer_toggle = DATA1;
  answer_more();
}
static void accept(void) { answer_with(0, 0, 0); }
static void refuse(void) {
  REG(USB + STALL_ARM) = 3;
  REG(USB_DPRAM + STATE) = STALL;
  REG(USB_DPRAM + STATE + OUT_SIDE) = STALL;
}

static void set_string(const uint8_t *text) {
  uint32_t len = 2;
  for (; *text && len < sizeof string; text++) {
    string[len++] = *text;
    string[len++] = 0;
  }
  string[0] = (uint8_t)len;
  string[1] = STRING;
}
static void describe(uint32_t what, uint32_t index, uint32_t wanted) {
  if (what == DEVICE) answer_with(device, sizeof device, wanted);
  else if (what == CONFIGURATION) answer_with(configuration, sizeof configuration, wanted);
  else if (what == STRING && index == 0) answer_with(language, sizeof language, wanted);
  else if (what == STRING && index <= SERIAL_NUMBER) {
    set_string(index == PRODUCT ? (const uint8_t *)"Sixfold" : number);
    answer_with(string, string[0], wanted);
  } else refuse();
}
static void listen(void) {
  held = false;
  give(16 + OUT_SIDE, out_toggle | PACKET);
  out_toggle ^= DATA1;
}
static void leave(void) {
  configured = sending = held = false;
  terminal_open(LINE_USB, false);
}
static void configure(void) {
  leave();
  REG(USB_DPRAM + ENDPOINT + 8) = (uint32_t)EP_ENABLE | EP_INTERRUPT | EP_NOTIFY | BUFFER1;
  REG(USB_DPRAM + ENDPOINT + 16) = (uint32_t)EP_ENABLE | EP_INTERRUPT | EP_BULK | BUFFER2_IN;
  REG(USB_DPRAM + ENDPOINT + 16 + OUT_SIDE) = (uint32_t)EP_ENABLE | EP_INTERRUPT | EP_BULK | BUFFER2_OUT;
  in_toggle = out_toggle = 0;
  configured = true;
  listen();
}

/* Requests, by type and number: byte 0 and 1. */
enum {
  GET_STATUS_DEVICE = 0x0080, GET_STATUS_INTERFACE = 0x0081, GET_STATUS_ENDPOINT = 0x0082, CLEAR_FEATURE_ENDPOINT = 0x0102,
  SET_ADDRESS = 0x0500, GET_DESCRIPTOR = 0x0680, GET_CONFIGURATION = 0x0880, SET_CONFIGURATION = 0x0900, GET_INTERFACE = 0x0a81,
  SET_INTERFACE = 0x0b01, SET_LINE_CODING = 0x2021, GET_LINE_CODING = 0x21a1, SET_CONTROL_LINE_STATE = 0x2221, SEND_BREAK = 0x2321,
  /* Of a wrong recipient, as a test host has it */
  SET_CONTROL_LINE_STATE_OF_DEVICE = 0x2220,
  DTR = 1,
};
static void request(void) {
  static const uint8_t zeros[2], one = 1;
  uint32_t low = REG(USB_DPRAM + REQUEST), value = low >> 16, wanted = REG(USB_DPRAM + REQUEST + 4) >> 16;
  new_address = 0;
  coding_follows = false;
  /* What the host says when it has the answer: nothing. */
  if (low & 0x80) give(OUT_SIDE, DATA1 | PACKET);
  switch (low & 0xffff) {
    case GET_DESCRIPTOR: describe(value >> 8, value & 0xff, wanted); break;
    case SET_ADDRESS:
      new_address = value;
      accept();
      break;
    case SET_CONFIGURATION:
      if (value == 0) leave();
      else configure();
      accept();
      break;
    case GET_CONFIGURATION: answer_with(configured ? &one : zeros, 1, wanted); break;
    case GET_STATUS_DEVICE:
    case GET_STATUS_INTERFACE:
    case GET_STATUS_ENDPOINT: answer_with(zeros, 2, wanted); break;
    case GET_INTERFACE: answer_with(zeros, 1, wanted); break;
    case CLEAR_FEATURE_ENDPOINT:
    case SET_INTERFACE:
    case SEND_BREAK: accept(); break;
    case GET_LINE_CODING: answer_with(line_coding, sizeof line_coding, wanted); break;
    case SET_LINE_CODING:
      coding_follows = true;
      give(OUT_SIDE, DATA1 | PACKET);
      break;
    case SET_CONTROL_LINE_STATE:
    case SET_CONTROL_LINE_STATE_OF_DEVICE:
      terminal_open(LINE_USB, value & DTR);
      accept();
      break;
    default: refuse();
  }
}
static void answered(void) {
  if (new_address) REG(USB + ADDRESS) = new_address;
  new_address = 0;
  if (answer_left) answer_more();
}
static void told(void) {
  if (!coding_follows) return;
  coding_follows = false;
  for (uint32_t i = 0; i < sizeof line_coding; i++) line_coding[i] = byte_of(BUFFER0, i);
  accept();
}

/* Packets are never full, so that the host need not be told that there are no more. */
static void send(void) {
  uint8_t text[PACKET - 1];
  if (!configured || sending) return;
  uint32_t len = terminal_take(LINE_USB, text, sizeof text);
  if (!len) return;
  sending = true;
  copy_in(BUFFER2_IN, text, len);
  give(16, FULL | in_toggle | len);
  in_toggle ^= DATA1;
}
static void typed(void) {
  uint32_t len = REG(USB_DPRAM + STATE + 16 + OUT_SIDE) & LENGTH;
  for (uint32_t i = 0; i < len; i++) terminal_type(byte_of(BUFFER2_OUT, i));
  held = terminal_room() < PACKET;
  if (!held) listen();
}

void usb_interrupt(void) {
  uint32_t status = REG(USB + SIE_STATUS), buffers = REG(USB + BUFFERS);
  if (status & BUS_RESET) {
    leave();
    REG(USB + ADDRESS) = 0;
    REG(USB + SIE_STATUS) = BUS_RESET;
  }
  if (buffers) {
    REG(USB + BUFFERS) = buffers;
    if (buffers & EP0_IN) answered();
    if (buffers & EP0_OUT) told();
    if (buffers & EP2_IN) sending = false;
    if (buffers & EP2_OUT) typed();
  }
  if (status & SETUP) {
    REG(USB + SIE_STATUS) = SETUP;
    request();
  }
  send();
}
void usb_more(void) {
  if (!configured) return;
  interrupts_off();
  if (held && terminal_room() >= PACKET) listen();
  send();
  interrupts_on();
}

void usb_start(void) {
  uint8_t id[FLASH_ID];
  flash_id(id);
  for (uint32_t i = 0; i < 2 * FLASH_ID; i++) number[i] = (uint8_t)"0123456789ABCDEF"[id[i / 2] >> (i & 1 ? 0 : 4) & 15];
  for (uint32_t at = 0; at < 4096; at += 4) REG(USB_DPRAM + at) = 0;
  REG(USB + MUXING) = 1 << 3 | 1;  /* the controller has the pins */
  REG(USB + POWER) = 1 << 3 | 1 << 2; /* there is power on the bus: nothing else feeds the board, or it does no harm */
  REG(USB + ENABLED) = ON_BUFFERS | ON_RESET | ON_SETUP;
  REG(USB + MAIN) = 1;
  REG(USB + SIE_CONTROL) = INTERRUPT_EP0 | PULL_UP;
  irq_enable(1u << IRQ_USB);
}
