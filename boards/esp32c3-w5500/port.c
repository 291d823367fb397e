/* The board: what firmware/port.h asks, on the ESP32-C3's blocks. Port 0 is the W5500, the application port is SLIP on UART1.
 *
 * Time is the system timer, 16 MHz from the crystal whatever the processor's clock is. Of the chip's watchdogs those are stopped that
 * the boot ROM leaves running; timer group 0's then starts the board again where the main loop hangs. */
#include "port.h"

#include <string.h>

#include "esp32c3.h"
#include "flash.h"
#include "spi.h"
#include "uart.h"
#include "w5500.h"

enum {
  RECORDS = 0x3f0000, /* as in link.ld */
  TICKS_PER_MS = 16000,
  /* The chip's answer is waited for so long when the port is opened. */
  OPEN_MS = 50,
  WATCHDOG_MS = 5000,
  /* What comes between the last look and the sleep waits for so long. */
  SLEEP_MS = 1,
  /* Causes of a reset: by software, which is how an exception ends, and by the watchdogs */
  SOFTWARE = 0x03, TIMG0_SYSTEM = 0x07, TIMG1_SYSTEM = 0x08, RTC_SYSTEM = 0x09, TIMG0_CPU = 0x0b, RTC_CPU = 0x0d, RTC_ALL = 0x10,
  TIMG1_CPU = 0x11, SUPER = 0x12,
  LEVEL_LOW = 4 << 7, TO_PROCESSOR = 1 << 13, /* of a pin's interrupt */
};
#define CAUSES                                                                                                                     \
  (1u << SOFTWARE | 1u << TIMG0_SYSTEM | 1u << TIMG1_SYSTEM | 1u << RTC_SYSTEM | 1u << TIMG0_CPU | 1u << RTC_CPU | 1u << RTC_ALL | \
   1u << TIMG1_CPU | 1u << SUPER)
#define UNLOCK 0x50d83aa1u
#define UNLOCK_SUPER 0x8f1d312au

static uint64_t started;
static bool by_watchdog, ether;

static uint64_t ticks(void) {
  REG(SYSTIMER + 0x04) = 1u << 30;
  while (!(REG(SYSTIMER + 0x04) & 1u << 29)) {
  }
  uint64_t high = REG(SYSTIMER + 0x40);
  return high << 32 | REG(SYSTIMER + 0x44);
}

static void stop_watchdogs(void) {
  REG(RTC + 0xa8) = UNLOCK;
  REG(RTC + 0x90) = 0;
  REG(RTC + 0xa8) = 0;
  /* The super watchdog cannot be stopped; it feeds itself. */
  REG(RTC + 0xb0) = UNLOCK_SUPER;
  REG(RTC + 0xac) |= 1u << 31;
  REG(RTC + 0xb0) = 0;
}
/* By the crystal, a tick a millisecond; the first stage resets the system. It also leaves its mode of the boot ROM. */
static void start_watchdog(void) {
  const uint32_t on = 1u << 31, reset_system = 3u << 29, take_over = 1u << 22, crystal = 1u << 21, lengths = 1u << 18 | 1u << 15;
  REG(TIMG0 + 0x64) = UNLOCK;
  REG(TIMG0 + 0x4c) = 40000u << 16;
  REG(TIMG0 + 0x50) = WATCHDOG_MS;
  REG(TIMG0 + 0x48) = on | reset_system | take_over | crystal | lengths;
  REG(TIMG0 + 0x60) = 1;
  REG(TIMG0 + 0x64) = 0;
}
/* 160 MHz from the PLL, which the boot ROM has started: USB runs by it. */
static void start_clock(void) {
  const uint32_t period = 3, to_160 = 1, pll_480 = 1 << 2, source = 3 << 10, pll = 1 << 10, divider = 0x3ff;
  REG(SYSTEM + 0x08) = (REG(SYSTEM + 0x08) & ~period) | to_160 | pll_480;
  REG(SYSTEM + 0x58) = (REG(SYSTEM + 0x58) & ~(source | divider)) | pll;
}

void port_start(void) {
  by_watchdog = CAUSES >> (REG(RTC + 0x38) & 31) & 1;
  stop_watchdogs();
  start_clock();
  start_watchdog();
  started = ticks();
  for (uint32_t line = 0; line < 32; line++) line_disable(line);
  uart_start();
  spi_start();
  line_open(LINE_ALARM, SOURCE_ALARM);
  line_open(LINE_W5500, SOURCE_GPIO);
  REG(GPIO + 0x74 + 4 * SPI_INTERRUPT_PIN) = LEVEL_LOW | TO_PROCESSOR;
  interrupts_on();
}
uint64_t port_now_ms(void) { return (ticks() - started) / TICKS_PER_MS; }

/* The generator is fed by the noise of the radio or of the ADC, which are off, and by an oscillator beside the crystal, for which
 * nobody vouches: the bytes differ from start to start, and no more is promised. */
bool port_entropy(uint8_t to[32]) {
  for (uint32_t i = 0; i < 32; i++) {
    uint64_t begin = ticks();
    while (ticks() - begin < TICKS_PER_MS / 500) {
    }
    uint32_t word = REG(RNG);
    to[i] = (uint8_t)(word ^ word >> 8 ^ word >> 16 ^ word >> 24 ^ (uint32_t)begin);
  }
  return false;
}
bool port_was_watchdog(void) { return by_watchdog; }

/* The chip has four addresses in a row, the last one for Ethernet. */
static void own_address(uint8_t mac[6]) {
  uint32_t low = REG(EFUSE + 0x44), high = REG(EFUSE + 0x48);
  low += 3;
  if (low < 3) high++;
  for (int i = 0; i < 4; i++) mac[5 - i] = (uint8_t)(low >> 8 * i);
  mac[1] = (uint8_t)high;
  mac[0] = (uint8_t)(high >> 8);
}
bool port_open(uint32_t port, enum port_kind kind, bool given, uint8_t mac[6]) {
  if (kind == PORT_IP) {
    uart_slip_start();
    return true;
  }
  if (port != 0) return false;
  if (!given) own_address(mac);
  uint64_t now = port_now_ms(), until = now + OPEN_MS;
  w5500_start(mac, now);
  while (!w5500_ready() && now < until) w5500_poll(now = port_now_ms());
  return ether = true;
}
bool port_up(uint32_t port) {
  if (port != 0) return true;
  w5500_poll(port_now_ms());
  return w5500_up();
}
uint32_t port_receive(uint32_t port, uint8_t *to, uint32_t room) {
  return port == 0 && ether ? w5500_receive(to, room) : uart_slip_receive(to, room);
}
bool port_send(uint32_t port, const uint8_t *frame, uint32_t len) {
  return port == 0 && ether ? w5500_send(frame, len) : uart_slip_send(frame, len);
}
struct port_faults port_faults(uint32_t port) {
  if (port == 0 && ether) return (struct port_faults){w5500_restarts(), 0};
  return (struct port_faults){0, uart_slip_lost()};
}

void port_write(const char *text, uint32_t len) { uart_write(text, len); }
int port_read(void) { return uart_read(); }

void port_flash_read(uint32_t at, void *to, uint32_t len) { flash_read(RECORDS + at, to, len); }
/* Of a record's length at once: what was read must be what is there. */
static bool is(uint32_t at, const uint8_t *expected, uint32_t len) {
  uint8_t read[64];
  for (uint32_t n; len; at += n, len -= n) {
    n = len < sizeof read ? len : sizeof read;
    flash_read(RECORDS + at, read, n);
    for (uint32_t i = 0; i < n; i++) {
      if (read[i] != (expected ? expected[i] : 0xff)) return false;
    }
    if (expected) expected += n;
  }
  return true;
}
bool port_flash_erase(uint32_t block) {
  for (uint32_t at = 0; at < FLASH_BLOCK; at += FLASH_SECTOR) flash_erase(RECORDS + block * FLASH_BLOCK + at);
  return is(block * FLASH_BLOCK, 0, FLASH_BLOCK);
}
bool port_flash_program(uint32_t at, const void *from, uint32_t len) {
  flash_program(RECORDS + at, from, len);
  return is(at, from, len);
}

void port_watchdog(void) {
  REG(TIMG0 + 0x64) = UNLOCK;
  REG(TIMG0 + 0x60) = 1;
  REG(TIMG0 + 0x64) = 0;
}

/* Alarm and W5500 end the wait, and are heard only then. Interrupts are off from the look at what waits until the processor sleeps: one that
 * came between would be over before the sleep began. One that is pending ends it all the same. */
void port_idle(uint64_t ms) {
  uint64_t soon = port_now_ms() + SLEEP_MS;
  if (ms > soon) ms = soon;
  interrupts_off();
  if (!uart_waiting() && !(ether && w5500_waiting())) {
    uint64_t until = started + ms * TICKS_PER_MS;
    REG(SYSTIMER + 0x1c) = (uint32_t)(until >> 32);
    REG(SYSTIMER + 0x20) = (uint32_t)until;
    REG(SYSTIMER + 0x34) = 0;
    REG(SYSTIMER + 0x50) = 1;
    REG(SYSTIMER) |= 1u << 24;
    REG(SYSTIMER + 0x64) = 1;
    line_enable(LINE_ALARM);
    if (ether) line_enable(LINE_W5500);
    /* The alarm also comes for a time that has passed. */
    __asm__ volatile("wfi" ::: "memory");
    line_disable(LINE_W5500);
    line_disable(LINE_ALARM);
    REG(SYSTIMER + 0x6c) = 1;
  }
  interrupts_on();
}

/* From start.S. */
void board_interrupt(uint32_t line);
void board_interrupt(uint32_t line) {
  if (line == LINE_CONSOLE) uart_console_interrupt();
  else if (line == LINE_SLIP) uart_slip_interrupt();
  else line_disable(line);
}
/* An exception of the processor is told, and the board starts again. */
__attribute__((noreturn)) void board_exception(uint32_t cause, uint32_t at);
void board_exception(uint32_t cause, uint32_t at) {
  uart_last_words("exception ", cause);
  uart_last_words("at ", at);
  REG(RTC) |= 1u << 31;
  for (;;) {
  }
}
