/* The board: what firmware/port.h asks, on the RP2040's blocks. Port 0 is the W5500, the application port is SLIP on UART1; the console is
 * UART0, and USB where there is a host.
 *
 * Time is the 1 us timer. Nothing waits: interrupts fill and empty the rings of the UARTs, and the W5500's line ends the wait of an
 * idle processor. */
#include "port.h"

#include <string.h>

#include "entropy.h"
#include "flash.h"
#include "rp2040.h"
#include "spi.h"
#include "start.h"
#include "terminal.h"
#include "uart.h"
#include "usb.h"
#include "w5500.h"

enum {
  LED = 25,
  RECORDS = 0x1f0000, /* as in link.ld */
  XIP = 0x10000000,
  /* The chip is waited for so long when the port is opened; afterwards it may come at any time. */
  OPEN_MS = 50,
  WATCHDOG_US = 5000000,
  W5500_MS = 10,
  IDLE_MS = 1000,
  LEVEL_LOW = 1,
  /* Registers of the watchdog; scratch ones last until power goes. */
  REASON = 0x08, SCRATCH = 0x0c, MARK = 0x53697846,
};

static struct {
  uint64_t ms;
  uint32_t us; /* of the timer, when `ms` began */
} clock;
static bool by_watchdog, ether;

void port_start(void) {
  /* The boot ROM resets by the watchdog, too, when a firmware was copied to its drive: the mark tells them apart. */
  by_watchdog = REG(WATCHDOG + REASON) != 0 && REG(WATCHDOG + SCRATCH) == MARK;
  REG(WATCHDOG + SCRATCH) = MARK;
  start_clocks();
  uart_start();
  usb_start();
  spi_start();
  pin_output(LED);
  pin_set(LED, PIN_SIO, 0);
  /* Everything but the oscillators starts again. */
  REG(PSM + 0x08) = 0x1fffc;
  port_watchdog();
  REG(WATCHDOG) = 1u << 30 | 7 << 24;
}
uint64_t port_now_ms(void) {
  uint32_t passed = timer_us() - clock.us;
  if (passed >= 1000) {
    uint32_t ms = passed / 1000;
    clock.ms += ms;
    clock.us += ms * 1000;
  }
  return clock.ms;
}
bool port_entropy(uint8_t to[32]) { return entropy_read(to); }
bool port_was_watchdog(void) { return by_watchdog; }

/* An address that only this board has, of the locally administered ones. */
static void own_address(uint8_t mac[6]) {
  uint8_t id[FLASH_ID];
  flash_id(id);
  mac[0] = 0x02;
  memcpy(mac + 1, id + FLASH_ID - 5, 5);
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
  bool up = w5500_up();
  if (up) pin_high(LED);
  else pin_low(LED);
  return up;
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

void port_write(const char *text, uint32_t len) {
  terminal_write(text, len);
  uart_more();
  usb_more();
}
int port_read(void) {
  int byte = terminal_read();
  usb_more();
  return byte;
}

void port_flash_read(uint32_t at, void *to, uint32_t len) { memcpy(to, (const uint8_t *)(XIP + RECORDS + at), len); }
bool port_flash_erase(uint32_t block) {
  const uint32_t *words = (const uint32_t *)(XIP + RECORDS + block * FLASH_BLOCK);
  for (uint32_t at = 0; at < FLASH_BLOCK; at += FLASH_SECTOR) flash_erase(RECORDS + block * FLASH_BLOCK + at);
  for (uint32_t i = 0; i < FLASH_BLOCK / 4; i++) {
    if (words[i] != 0xffffffff) return false;
  }
  return true;
}
bool port_flash_program(uint32_t at, const void *from, uint32_t len) {
  flash_program(RECORDS + at, from, len);
  return memcmp((const uint8_t *)(XIP + RECORDS + at), from, len) == 0;
}

/* The timer is decremented twice a tick (erratum RP2040-E1). */
void port_watchdog(void) { REG(WATCHDOG + 0x04) = WATCHDOG_US * 2; }

/* Interrupts are off from the look at what waits until the processor sleeps, so that nothing comes between; one that is pending
 * wakes it all the same. */
void port_idle(uint64_t ms) {
  const uint32_t wakers = 1u << IRQ_TIMER0 | 1u << IRQ_GPIO;
  uint64_t now = port_now_ms(), soon = now + (ether ? W5500_MS : IDLE_MS);
  uint32_t inte = IO_BANK0 + 0x100 + SPI_INTERRUPT_PIN / 8 * 4, low = (uint32_t)LEVEL_LOW << SPI_INTERRUPT_PIN % 8 * 4;
  if (ms > soon) ms = soon;
  uint32_t until = clock.us + (uint32_t)(ms - now) * 1000;
  interrupts_off();
  if (!terminal_waiting() && !uart_slip_waiting() && !(ether && w5500_waiting()) && (int32_t)(until - timer_us()) > 0) {
    REG(TIMER + 0x38) = 1;
    REG(TIMER + 0x10) = until;
    if (ether) REG_SET(inte) = low;
    irq_enable(wakers);
    /* An alarm that was passed while it was set never comes. */
    if ((int32_t)(until - timer_us()) > 0) __asm__ volatile("dsb\n wfi" ::: "memory");
    irq_disable(wakers);
    REG_CLEAR(inte) = low;
    REG(TIMER + 0x20) = 1;
    REG(TIMER + 0x34) = 1;
    irq_forget(wakers);
  }
  interrupts_on();
}
