/* What w5500.h asks of a board: SPI2 on its own pins at 26.7 MHz, and the chip's other wires. The controller exchanges what lies in its
 * 64 bytes of buffer; they are filled and emptied by hand, which takes about a sixth of the time that the wire does. */
#include "spi.h"

#include "esp32c3.h"
#include "w5500.h"

enum {
  MISO = 2, RST = 3, INT = SPI_INTERRUPT_PIN, SCK = 6, MOSI = 7, CS = 10,
  CMD = 0x00, CTRL = 0x08, CLOCK = 0x0c, USER = 0x10, USER1 = 0x14, LENGTH = 0x1c, MISC = 0x20, DMA_CONF = 0x30, SLAVE = 0xe0,
  CLK_GATE = 0xe8, BUFFER = 0x98,
  START = 1 << 24, UPDATE = 1 << 23,
  FULL_DUPLEX = 1, MOSI_PHASE = 1 << 27, MISO_PHASE = 1 << 28,
  NO_SELECT = 0x3f,
  FORGET_BUFFER = 1 << 30,
  /* Clock on, for the master, from the PLL's 80 MHz */
  CLOCKED = 7,
  /* Divided by 3: a period of 3, high from 0 to 1 */
  DIVIDER = 2 << 12 | 0 << 6 | 2,
  ROOM = 64,
  SPI2_BLOCK = 1 << 6, /* in SYSTEM's clock and reset registers */
};

void spi_start(void) {
  pin_high(CS);
  pin_output(CS, SIGNAL_GPIO);
  pin_set(CS, PIN_GPIO, false);
  pin_low(RST);
  pin_output(RST, SIGNAL_GPIO);
  pin_set(RST, PIN_GPIO, false);
  pin_set(INT, PIN_GPIO, true);
  pin_set(MISO, PIN_SPI, false);
  pin_set(SCK, PIN_SPI, false);
  pin_set(MOSI, PIN_SPI, false);
  REG(SYSTEM + 0x10) |= SPI2_BLOCK;
  REG(SYSTEM + 0x18) |= SPI2_BLOCK;
  REG(SYSTEM + 0x18) &= ~(uint32_t)SPI2_BLOCK;
  REG(SPI2 + CLK_GATE) = CLOCKED;
  REG(SPI2 + SLAVE) = 0;
  REG(SPI2 + CTRL) = 0;
  REG(SPI2 + MISC) = NO_SELECT;
  REG(SPI2 + CLOCK) = DIVIDER;
  REG(SPI2 + USER1) = 0;
  REG(SPI2 + USER) = FULL_DUPLEX | MOSI_PHASE | MISO_PHASE;
}

void w5500_bus_select(bool selected) {
  if (selected) pin_low(CS);
  else pin_high(CS);
}
void w5500_bus_reset(bool held) {
  if (held) pin_low(RST);
  else pin_high(RST);
}
bool w5500_bus_interrupt(void) { return !pin_read(INT); }

static uint32_t word_of(const uint8_t *from, uint32_t len) {
  uint32_t word = 0;
  for (uint32_t i = 0; i < len && i < 4; i++) word |= (uint32_t)from[i] << 8 * i;
  return word;
}
static void exchange(const uint8_t *out, uint8_t *in, uint32_t len) {
  for (uint32_t i = 0; out && i < len; i += 4) REG(SPI2 + BUFFER + i) = word_of(out + i, len - i);
  REG(SPI2 + LENGTH) = 8 * len - 1;
  REG(SPI2 + DMA_CONF) |= FORGET_BUFFER;
  REG(SPI2 + DMA_CONF) &= ~(uint32_t)FORGET_BUFFER;
  REG(SPI2 + CMD) = UPDATE;
  while (REG(SPI2 + CMD) & UPDATE) {
  }
  REG(SPI2 + CMD) = START;
  while (REG(SPI2 + CMD) & START) {
  }
  for (uint32_t i = 0; in && i < len; i += 4) {
    uint32_t word = REG(SPI2 + BUFFER + i);
    for (uint32_t j = i; j < len && j < i + 4; j++, word >>= 8) in[j] = (uint8_t)word;
  }
}
void w5500_bus_transfer(const uint8_t *out, uint8_t *in, uint32_t len) {
  for (uint32_t n; len; len -= n) {
    n = len < ROOM ? len : ROOM;
    exchange(out, in, n);
    if (out) out += n;
    if (in) in += n;
  }
}
