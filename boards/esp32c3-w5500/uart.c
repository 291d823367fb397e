/* See uart.h. Both go by the crystal, 40 MHz. Each byte that comes interrupts, and takes those with it that came meanwhile; what is
 * to be sent interrupts while the FIFO is less than half full. */
#include "uart.h"

#include "esp32c3.h"
#include "slip.h"

enum {
  FIFO = 0x00, INT_ENABLE = 0x0c, INT_CLEAR = 0x10, CLOCK_DIVIDER = 0x14, STATUS = 0x1c, CONF0 = 0x20, CONF1 = 0x24,
  CLOCK_CONF = 0x78, ID = 0x80,
  /* STATUS: bytes in the FIFOs, bits 9-0 and 25-16 */
  COUNT = 0x3ff, DEPTH = 128,
  EIGHT_BITS = 3 << 2, ONE_STOP = 1 << 4, FORGET_RX = 1 << 17, FORGET_TX = 1 << 18, FIFO_CLOCKED = 1 << 28,
  ON = EIGHT_BITS | ONE_STOP | FIFO_CLOCKED,
  /* CONF1: so many bytes interrupt, fewer interrupt */
  LEVELS = 1 | DEPTH / 2 << 9,
  /* By the crystal, undivided; for all parts */
  CRYSTAL = 3 << 20 | 1 << 22 | 1 << 24 | 1 << 25,
  RX = 1 << 0, TX = 1 << 1,
  SLIP_TX = 0, SLIP_RX = 1, CONSOLE_RX = 20, CONSOLE_TX = 21,
  UART0_BLOCK = 1 << 2, UART1_BLOCK = 1 << 5, /* in SYSTEM's clock and reset registers */
  OUT = 4096, IN = 512,
};
/* Of ID: what was written to the others counts from now on. */
#define TAKE_OVER (1u << 31)

/* Rings; positions count on and on. */
static struct {
  char bytes[OUT];
  volatile uint32_t in, out;
} written;
static struct {
  uint8_t bytes[IN];
  volatile uint32_t in, out;
} typed;
static struct slip_queue received, sending;

static bool rx_empty(uint32_t uart) { return (REG(uart + STATUS) & COUNT) == 0; }
static bool tx_full(uint32_t uart) { return (REG(uart + STATUS) >> 16 & COUNT) >= DEPTH; }

/* `divider`: of 40 MHz, times 16. */
static void open(uint32_t uart, uint32_t block, uint32_t divider, enum interrupt_line line, enum interrupt_source source) {
  REG(SYSTEM + 0x10) |= block;
  REG(SYSTEM + 0x18) &= ~block;
  REG(uart + CLOCK_CONF) = CRYSTAL;
  REG(uart + CLOCK_DIVIDER) = divider / 16 | divider % 16 << 20;
  REG(uart + CONF0) = ON | FORGET_RX | FORGET_TX;
  REG(uart + CONF0) = ON;
  REG(uart + CONF1) = LEVELS;
  REG(uart + ID) |= TAKE_OVER;
  while (REG(uart + ID) & TAKE_OVER) {
  }
  REG(uart + INT_CLEAR) = ~0u;
  REG(uart + INT_ENABLE) = RX;
  line_open(line, source);
  line_enable(line);
}
void uart_start(void) {
  pin_set(CONSOLE_TX, PIN_OWN, false);
  pin_set(CONSOLE_RX, PIN_OWN, true);
  open(UART0, UART0_BLOCK, 5556, LINE_CONSOLE, SOURCE_UART0);
}
void uart_slip_start(void) {
  pin_output(SLIP_TX, SIGNAL_UART1);
  pin_set(SLIP_TX, PIN_GPIO, false);
  pin_input(SLIP_RX, SIGNAL_UART1);
  pin_set(SLIP_RX, PIN_GPIO, true);
  open(UART1, UART1_BLOCK, 694, LINE_SLIP, SOURCE_UART1);
}

static void ask_for_more(uint32_t uart, bool more) { REG(uart + INT_ENABLE) = RX | (more ? TX : 0); }
static void fill_console(void) {
  while (written.in != written.out && !tx_full(UART0)) {
    REG(UART0 + FIFO) = (uint8_t)written.bytes[written.out % OUT];
    written.out++;
  }
  ask_for_more(UART0, written.in != written.out);
}
static void fill_slip(void) {
  int byte = 0;
  while (!tx_full(UART1) && (byte = slip_next(&sending)) >= 0) REG(UART1 + FIFO) = (uint32_t)byte;
  ask_for_more(UART1, byte >= 0);
}
void uart_console_interrupt(void) {
  while (!rx_empty(UART0)) {
    uint8_t byte = (uint8_t)REG(UART0 + FIFO);
    if (typed.in - typed.out == IN) continue;
    typed.bytes[typed.in % IN] = byte;
    typed.in++;
  }
  fill_console();
  REG(UART0 + INT_CLEAR) = RX | TX;
}
void uart_slip_interrupt(void) {
  while (!rx_empty(UART1)) slip_put(&received, (uint8_t)REG(UART1 + FIFO));
  fill_slip();
  REG(UART1 + INT_CLEAR) = RX | TX;
}

void uart_write(const char *text, uint32_t len) {
  if (len > OUT - (written.in - written.out)) return;
  for (uint32_t i = 0; i < len; i++) written.bytes[(written.in + i) % OUT] = text[i];
  interrupts_off();
  written.in += len;
  fill_console();
  interrupts_on();
}
int uart_read(void) {
  if (typed.in == typed.out) return -1;
  int byte = typed.bytes[typed.out % IN];
  typed.out++;
  return byte;
}
static void last_byte(char byte) {
  while (tx_full(UART0)) {
  }
  REG(UART0 + FIFO) = (uint8_t)byte;
}
void uart_last_words(const char *text, uint32_t number) {
  while (*text) last_byte(*text++);
  for (int shift = 28; shift >= 0; shift -= 4) last_byte("0123456789abcdef"[number >> shift & 15]);
  last_byte('\n');
  while (REG(UART0 + STATUS) >> 16 & COUNT) {
  }
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
bool uart_waiting(void) { return typed.in != typed.out || received.whole_in != received.whole_out; }
