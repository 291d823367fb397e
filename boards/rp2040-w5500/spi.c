/* What w5500.h asks of a board: SPI0 at 31.25 MHz, long exchanges by DMA, and the chip's other two wires. */
#include "rp2040.h"
#include "spi.h"
#include "w5500.h"

enum {
  MISO = 16, CS = 17, SCK = 18, MOSI = 19, RST = 20, INT = SPI_INTERRUPT_PIN,
  CR0 = 0x00, CR1 = 0x04, DATA = 0x08, STATUS = 0x0c, PRESCALE = 0x10, DMA_CONTROL = 0x24,
  RX_NOT_EMPTY = 4,
  EIGHT_BITS = 7, ENABLE = 2,
  FIFO = 8,
  /* DMA channels, their registers, and bits of CTRL */
  TO_CHIP = DMA, FROM_CHIP = DMA + 0x40,
  READ_ADDR = 0x00, WRITE_ADDR = 0x04, COUNT = 0x08, CTRL = 0x0c,
  DMA_EN = 1, INCR_READ = 1 << 4, INCR_WRITE = 1 << 5, CHAIN_TO_SELF_1 = 1 << 11, QUIET = 1 << 21, BUSY = 1 << 24,
  PACED_BY_TX = 16 << 15, PACED_BY_RX = 17 << 15,
};

void spi_start(void) {
  pin_high(CS);
  pin_output(CS);
  pin_set(CS, PIN_SIO, 0);
  pin_low(RST);
  pin_output(RST);
  pin_set(RST, PIN_SIO, 0);
  pin_set(INT, PIN_SIO, 1);
  pin_set(MISO, PIN_SPI, 0);
  pin_set(SCK, PIN_SPI, 0);
  pin_set(MOSI, PIN_SPI, 0);
  REG(SPI0 + PRESCALE) = 4;
  REG(SPI0 + CR0) = EIGHT_BITS;
  REG(SPI0 + DMA_CONTROL) = 3;
  REG(SPI0 + CR1) = ENABLE;
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

/* At most a FIFO full at a time, so nothing overflows. */
static void exchange(const uint8_t *out, uint8_t *in, uint32_t len) {
  for (uint32_t i = 0; i < len; i++) REG(SPI0 + DATA) = out ? out[i] : 0;
  for (uint32_t i = 0; i < len; i++) {
    while (!(REG(SPI0 + STATUS) & RX_NOT_EMPTY)) {
    }
    uint32_t byte = REG(SPI0 + DATA);
    if (in) in[i] = (uint8_t)byte;
  }
}
static void exchange_by_dma(const uint8_t *out, uint8_t *in, uint32_t len) {
  static const uint8_t zero;
  static uint8_t dropped;
  REG(FROM_CHIP + READ_ADDR) = SPI0 + DATA;
  REG(FROM_CHIP + WRITE_ADDR) = (uint32_t)(in ? in : &dropped);
  REG(FROM_CHIP + COUNT) = len;
  REG(FROM_CHIP + CTRL) = DMA_EN | (in ? INCR_WRITE : 0) | CHAIN_TO_SELF_1 | PACED_BY_RX | QUIET;
  REG(TO_CHIP + READ_ADDR) = (uint32_t)(out ? out : &zero);
  REG(TO_CHIP + WRITE_ADDR) = SPI0 + DATA;
  REG(TO_CHIP + COUNT) = len;
  REG(TO_CHIP + CTRL) = DMA_EN | (out ? INCR_READ : 0) | PACED_BY_TX | QUIET;
  while (REG(FROM_CHIP + CTRL) & BUSY) {
  }
}
void w5500_bus_transfer(const uint8_t *out, uint8_t *in, uint32_t len) {
  if (len > 2 * FIFO) {
    exchange_by_dma(out, in, len);
    return;
  }
  for (uint32_t n; len; len -= n) {
    n = len < FIFO ? len : FIFO;
    exchange(out, in, n);
    if (out) out += n;
    if (in) in += n;
  }
}
