/* See uart.h. PL011 (datasheet §4.2): its transmit interrupt comes when the FIFO falls to a level, so somebody has to fill it first. */
#include "uart.h"

#include "rp2040.h"
#include "slip.h"
#include "terminal.h"

enum {
  DATA = 0x00, FLAGS = 0x18, IBRD = 0x24, FBRD = 0x28, LCR_H = 0x2c, CONTROL = 0x30, LEVELS = 0x34, MASK = 0x38, CLEAR = 0x44,
  RX_EMPTY = 0x10, TX_FULL = 0x20, BUSY = 0x08,
  EIGHT_BITS_FIFO = 0x70,
  ON = 0x301,
  /* Interrupts: received, transmit, receive timeout; of one byte's errors: framing, parity, break, overrun */
  RX = 1 << 4, TX = 1 << 5, TIMEOUT = 1 << 6, ERRORS = 0xf << 8,
  CONSOLE_TX = 0, CONSOLE_RX = 1, SLIP_TX = 4, SLIP_RX = 5,
};

static struct slip_queue received, sending;

/* `divisor`: of 125 MHz / 16, times 64. */
static void open(uint32_t uart, uint32_t divisor) {
  REG(uart + IBRD) = divisor / 64;
  REG(uart + FBRD) = divisor % 64;
  REG(uart + LCR_H) = EIGHT_BITS_FIFO;
  REG(uart + LEVELS) = 2 << 3 | 1; /* half full; a quarter left */
  REG(uart + CONTROL) = ON;
  REG(uart + MASK) = RX | TIMEOUT;
}
void uart_start(void) {
  pin_set(CONSOLE_TX, PIN_UART, 0);
  pin_set(CONSOLE_RX, PIN_UART, 1);
  open(UART0, 4340);
  terminal_open(LINE_UART, true);
  irq_enable(1u << IRQ_UART0);
}

/* The transmit interrupt is let through only while there is something to transmit. */
static void ask_for_more(uint32_t uart, bool more) { REG(uart + MASK) = RX | TIMEOUT | (more ? TX : 0); }
static void fill_console(void) {
  for (uint8_t byte; !(REG(UART0 + FLAGS) & TX_FULL) && terminal_take(LINE_UART, &byte, 1);) REG(UART0 + DATA) = byte;
  ask_for_more(UART0, terminal_has(LINE_UART));
}
static void fill_slip(void) {
  int byte = 0;
  while (!(REG(UART1 + FLAGS) & TX_FULL) && (byte = slip_next(&sending)) >= 0) REG(UART1 + DATA) = (uint32_t)byte;
  ask_for_more(UART1, byte >= 0);
}
void uart_console_interrupt(void) {
  REG(UART0 + CLEAR) = RX | TX | TIMEOUT;
  while (!(REG(UART0 + FLAGS) & RX_EMPTY)) {
    uint32_t data = REG(UART0 + DATA);
    if (!(data & ERRORS)) terminal_type((uint8_t)data);
  }
  fill_console();
}
void uart_slip_interrupt(void) {
  REG(UART1 + CLEAR) = RX | TX | TIMEOUT;
  while (!(REG(UART1 + FLAGS) & RX_EMPTY)) slip_put(&received, (uint8_t)REG(UART1 + DATA));
  fill_slip();
}

void uart_more(void) {
  interrupts_off();
  fill_console();
  interrupts_on();
}
void uart_last_words(const char *text, uint32_t address) {
  char line[48];
  uint32_t len = 0;
  for (; *text && len < sizeof line - 9; text++) line[len++] = *text;
  for (int shift = 28; shift >= 0; shift -= 4) line[len++] = "0123456789abcdef"[address >> shift & 15];
  line[len++] = '\n';
  for (uint32_t i = 0; i < len; i++) {
    while (REG(UART0 + FLAGS) & TX_FULL) {
    }
    REG(UART0 + DATA) = (uint8_t)line[i];
  }
  while (REG(UART0 + FLAGS) & BUSY) {
  }
}

void uart_slip_start(void) {
  pin_set(SLIP_TX, PIN_UART, 0);
  pin_set(SLIP_RX, PIN_UART, 1);
  open(UART1, 543);
  irq_enable(1u << IRQ_UART1);
}
uint32_t uart_slip_receive(uint8_t *to, uint32_t room) { return slip_take(&received, to, room); }
bool uart_slip_send(const uint8_t *packet, uint32_t len) {
  if (!slip_send(&sending, packet, len)) return false;
  interrupts_off();
  fill_slip();
  interrupts_on();
  return true;
}
uint32_t uart_slip_lost(void) { return received.lost + received.broken; }
bool uart_slip_waiting(void) { return received.whole_in != received.whole_out; }
