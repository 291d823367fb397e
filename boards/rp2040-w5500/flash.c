/* See flash.h. Commands: Winbond W25Q16JV §8; the controller as the boot ROM drives it (RP2040 datasheet §4.10, §2.8.3.1.3): frames
 * of 8 bits in both directions, and the select line by hand, as the controller lets it go whenever its FIFO runs dry. */
#include "flash.h"

#include "rp2040.h"

enum {
  CTRLR0 = 0x00, CTRLR1 = 0x04, SSIENR = 0x08, SER = 0x10, STATUS = 0x28, DATA = 0x60, SPI_CTRLR0 = 0xf4,
  TX_NOT_FULL = 2, RX_NOT_EMPTY = 8,
  EIGHT_BITS = 7 << 16,
  /* Function select of the line, with its output forced */
  SELECT = 0x0c, FORCED = 3 << 8, LOW = 2 << 8, HIGH = 3 << 8,
  FLUSH = 0x04,
  WRITE_ENABLE = 0x06, PAGE_PROGRAM = 0x02, SECTOR_ERASE = 0x20, READ_STATUS = 0x05, READ_ID = 0x4b,
  BUSY = 1,
  PAGE = 256,
};

static struct {
  uint32_t control, control1, spi, irqs;
} window;

/* From here on nothing in flash may be called or read: neither the library, nor USB's interrupt. The UARTs' lie in RAM (link.ld) and
 * go on. */
RAM_CODE static void close_window(void) {
  window.irqs = REG(NVIC + 0x100) & 1u << IRQ_USB;
  irq_disable(window.irqs);
  __asm__ volatile("dsb\n isb" ::: "memory");
  window.control = REG(XIP_SSI + CTRLR0);
  window.control1 = REG(XIP_SSI + CTRLR1);
  window.spi = REG(XIP_SSI + SPI_CTRLR0);
  REG(XIP_SSI + SSIENR) = 0;
  REG(XIP_SSI + CTRLR0) = EIGHT_BITS;
  REG(XIP_SSI + SER) = 1;
  REG(XIP_SSI + SSIENR) = 1;
}
RAM_CODE static void open_window(void) {
  REG(XIP_SSI + SSIENR) = 0;
  REG(XIP_SSI + CTRLR0) = window.control;
  REG(XIP_SSI + CTRLR1) = window.control1;
  REG(XIP_SSI + SPI_CTRLR0) = window.spi;
  REG(XIP_SSI + SSIENR) = 1;
  REG(IO_QSPI + SELECT) = REG(IO_QSPI + SELECT) & ~(uint32_t)FORCED;
  /* What the cache holds may have changed. The read waits until it is empty. */
  REG(XIP_CTRL + FLUSH) = 1;
  (void)REG(XIP_CTRL + FLUSH);
  irq_enable(window.irqs);
}
RAM_CODE static void select(uint32_t level) {
  REG(IO_QSPI + SELECT) = (REG(IO_QSPI + SELECT) & ~(uint32_t)FORCED) | level;
  (void)REG(IO_QSPI + SELECT);
}
RAM_CODE static uint8_t exchange(uint8_t byte) {
  REG(XIP_SSI + DATA) = byte;
  while (!(REG(XIP_SSI + STATUS) & RX_NOT_EMPTY)) {
  }
  return (uint8_t)REG(XIP_SSI + DATA);
}
/* A command with an address, and what it writes; waits until the chip is done. */
RAM_CODE static void change(uint8_t command, uint32_t at, const uint8_t *from, uint32_t len) {
  close_window();
  select(LOW);
  exchange(WRITE_ENABLE);
  select(HIGH);
  select(LOW);
  exchange(command);
  exchange((uint8_t)(at >> 16));
  exchange((uint8_t)(at >> 8));
  exchange((uint8_t)at);
  for (uint32_t i = 0; i < len; i++) exchange(from[i]);
  select(HIGH);
  uint8_t status;
  do {
    select(LOW);
    exchange(READ_STATUS);
    status = exchange(0);
    select(HIGH);
  } while (status & BUSY);
  open_window();
}

void flash_erase(uint32_t at) { change(SECTOR_ERASE, at, 0, 0); }
void flash_program(uint32_t at, const uint8_t *from, uint32_t len) {
  uint8_t page[PAGE];
  for (uint32_t n; len; at += n, from += n, len -= n) {
    n = PAGE - at % PAGE;
    if (n > len) n = len;
    /* `from` may lie in flash. */
    for (uint32_t i = 0; i < n; i++) page[i] = from[i];
    change(PAGE_PROGRAM, at, page, n);
  }
}
RAM_CODE void flash_id(uint8_t to[FLASH_ID]) {
  close_window();
  select(LOW);
  exchange(READ_ID);
  for (int i = 0; i < 4; i++) exchange(0);
  for (int i = 0; i < FLASH_ID; i++) to[i] = exchange(0);
  select(HIGH);
  open_window();
}
