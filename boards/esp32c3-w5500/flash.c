/* See flash.h. Commands that all chips have (JEDEC; Winbond W25Q32JV §8) by SPI1, which shares the flash's wires with the cache: on one
 * line, at 20 MHz, up to 64 bytes at a time. The cache is at rest meanwhile, by the boot ROM's functions, which lie in ROM. */
#include "flash.h"

#include "esp32c3.h"

enum {
  CMD = 0x00, ADDRESS = 0x04, CTRL = 0x08, CLOCK = 0x14, USER = 0x18, USER1 = 0x1c, USER2 = 0x20, MOSI_LENGTH = 0x24, MISO_LENGTH = 0x28,
  BUFFER = 0x58,
  GO = 1 << 18,
  /* CTRL: the write protect line is high */
  PROTECT_HIGH = 1 << 21,
  /* 80 MHz by 4 */
  DIVIDER = 3 << 16 | 1 << 8 | 3,
  MISO_PHASE = 1 << 28, MOSI_PHASE = 1 << 27, ADDRESS_PHASE = 1 << 30,
  ADDRESS_BITS = 23 << 26, COMMAND_BITS = 7 << 28,
  ROOM = 64, PAGE = 256,
  WRITE_ENABLE = 0x06, PAGE_PROGRAM = 0x02, SECTOR_ERASE = 0x20, READ_STATUS = 0x05, READ = 0x03,
  BUSY = 1,
};
#define COMMAND_PHASE (1u << 31)

/* Of the boot ROM (ESP-IDF, esp32c3.rom.ld). */
static uint32_t (*const cache_suspend)(void) = (uint32_t(*)(void))0x40000524;
static void (*const cache_resume)(uint32_t) = (void (*)(uint32_t))0x40000528;

static struct {
  uint32_t cache, control, clock, user, user1, user2;
} before;

/* No function of the library may be called from here on: it lies in flash. */
RAM_CODE static void begin(void) {
  interrupts_off();
  before.cache = cache_suspend();
  before.control = REG(SPI1 + CTRL);
  before.clock = REG(SPI1 + CLOCK);
  before.user = REG(SPI1 + USER);
  before.user1 = REG(SPI1 + USER1);
  before.user2 = REG(SPI1 + USER2);
  REG(SPI1 + CTRL) = PROTECT_HIGH;
  REG(SPI1 + CLOCK) = DIVIDER;
  REG(SPI1 + USER1) = ADDRESS_BITS;
}
RAM_CODE static void end(void) {
  REG(SPI1 + CTRL) = before.control;
  REG(SPI1 + CLOCK) = before.clock;
  REG(SPI1 + USER) = before.user;
  REG(SPI1 + USER1) = before.user1;
  REG(SPI1 + USER2) = before.user2;
  cache_resume(before.cache);
  interrupts_on();
}
/* A command with its phases; what is sent and received lies in the buffer. */
RAM_CODE static void command(uint32_t code, uint32_t phases, uint32_t bytes) {
  REG(SPI1 + USER2) = COMMAND_BITS | code;
  REG(SPI1 + USER) = COMMAND_PHASE | phases;
  REG(SPI1 + MOSI_LENGTH) = phases & MOSI_PHASE ? 8 * bytes - 1 : 0;
  REG(SPI1 + MISO_LENGTH) = phases & MISO_PHASE ? 8 * bytes - 1 : 0;
  REG(SPI1 + CMD) = GO;
  while (REG(SPI1 + CMD) & GO) {
  }
}
/* Erases or programs, and waits until the chip is done. */
RAM_CODE static void change(uint32_t code, uint32_t at, const uint32_t *words, uint32_t bytes) {
  begin();
  command(WRITE_ENABLE, 0, 0);
  REG(SPI1 + ADDRESS) = at;
  for (uint32_t i = 0; i < bytes; i += 4) REG(SPI1 + BUFFER + i) = words[i / 4];
  command(code, (uint32_t)ADDRESS_PHASE | (bytes ? (uint32_t)MOSI_PHASE : 0), bytes);
  do {
    REG(SPI1 + BUFFER) = 0;
    command(READ_STATUS, MISO_PHASE, 1);
  } while (REG(SPI1 + BUFFER) & BUSY);
  end();
}
RAM_CODE static void read_words(uint32_t at, uint32_t *words, uint32_t bytes) {
  begin();
  REG(SPI1 + ADDRESS) = at;
  command(READ, (uint32_t)ADDRESS_PHASE | (uint32_t)MISO_PHASE, bytes);
  for (uint32_t i = 0; i < bytes; i += 4) words[i / 4] = REG(SPI1 + BUFFER + i);
  end();
}

void flash_read(uint32_t at, uint8_t *to, uint32_t len) {
  uint32_t words[ROOM / 4];
  for (uint32_t n; len; at += n, to += n, len -= n) {
    n = len < ROOM ? len : ROOM;
    read_words(at, words, n);
    for (uint32_t i = 0; i < n; i++) to[i] = ((const uint8_t *)words)[i];
  }
}
void flash_erase(uint32_t at) { change(SECTOR_ERASE, at, 0, 0); }
void flash_program(uint32_t at, const uint8_t *from, uint32_t len) {
  uint32_t words[ROOM / 4];
  for (uint32_t n; len; at += n, from += n, len -= n) {
    n = PAGE - at % PAGE;
    if (n > ROOM) n = ROOM;
    if (n > len) n = len;
    for (uint32_t i = 0; i < n; i++) ((uint8_t *)words)[i] = from[i];
    change(PAGE_PROGRAM, at, words, n);
  }
}
