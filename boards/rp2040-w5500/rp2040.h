/* Registers of the RP2040 that this board uses (datasheet §2.2 address map; sections beside the blocks). */
#ifndef SIXFOLD_RP2040_H
#define SIXFOLD_RP2040_H

#include <stdint.h>

#define REG(at) (*(volatile uint32_t *)(at))
/* Aliases of a register that set or clear the bits written (§2.1.2). */
#define REG_SET(at) REG((at) + 0x2000u)
#define REG_CLEAR(at) REG((at) + 0x3000u)

/* A function that runs from RAM: the flash cannot be read meanwhile. */
#define RAM_CODE __attribute__((section(".ram_code"), noinline))

#define XIP_CTRL 0x14000000u  /* §2.6.3.6 */
#define XIP_SSI 0x18000000u   /* §4.10.13 */
#define CLOCKS 0x40008000u    /* §2.15.7 */
#define RESETS 0x4000c000u    /* §2.14.3 */
#define PSM 0x40010000u       /* §2.13.5 */
#define IO_BANK0 0x40014000u  /* §2.19.6.1 */
#define IO_QSPI 0x40018000u   /* §2.19.6.2 */
#define PADS_BANK0 0x4001c000u /* §2.19.6.3 */
#define XOSC 0x40024000u      /* §2.16.7 */
#define PLL_SYS 0x40028000u   /* §2.18.4 */
#define PLL_USB 0x4002c000u
#define UART0 0x40034000u     /* §4.2.8 */
#define UART1 0x40038000u
#define SPI0 0x4003c000u      /* §4.4.4 */
#define TIMER 0x40054000u     /* §4.6.5 */
#define WATCHDOG 0x40058000u  /* §4.7.6 */
#define ROSC 0x40060000u      /* §2.17.8 */
#define DMA 0x50000000u       /* §2.5.7 */
#define USB_DPRAM 0x50100000u /* §4.1.2.5 */
#define USB 0x50110000u       /* §4.1.4 */
#define SIO 0xd0000000u       /* §2.3.1.7 */
#define NVIC 0xe000e000u      /* §2.4.8 */

enum { IRQ_TIMER0 = 0, IRQ_USB = 5, IRQ_GPIO = 13, IRQ_UART0 = 20, IRQ_UART1 = 21, IRQ_COUNT = 26 };

static inline void irq_enable(uint32_t irqs) { REG(NVIC + 0x100) = irqs; }
static inline void irq_disable(uint32_t irqs) { REG(NVIC + 0x180) = irqs; }
static inline void irq_forget(uint32_t irqs) { REG(NVIC + 0x280) = irqs; }
static inline void interrupts_off(void) { __asm__ volatile("cpsid i" ::: "memory"); }
static inline void interrupts_on(void) { __asm__ volatile("cpsie i" ::: "memory"); }

/* Function of a pin, and its pad: input on, output on, 4 mA, pulled up or not. */
enum pin_function { PIN_SPI = 1, PIN_UART = 2, PIN_SIO = 5 };
static inline void pin_set(uint32_t pin, enum pin_function function, int pull_up) {
  REG(PADS_BANK0 + 4 + pin * 4) = pull_up ? 0x5a : 0x52;
  REG(IO_BANK0 + 4 + pin * 8) = function;
}
static inline void pin_output(uint32_t pin) { REG(SIO + 0x24) = 1u << pin; }
static inline void pin_high(uint32_t pin) { REG(SIO + 0x14) = 1u << pin; }
static inline void pin_low(uint32_t pin) { REG(SIO + 0x18) = 1u << pin; }
static inline int pin_read(uint32_t pin) { return REG(SIO + 0x04) >> pin & 1; }
/* Microseconds since power on, the lower half. */
static inline uint32_t timer_us(void) { return REG(TIMER + 0x28); }

#endif
