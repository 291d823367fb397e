/* Registers of the ESP32-C3 that this board uses (technical reference manual: chapters beside the blocks; bits as ESP-IDF's
 * soc/esp32c3 headers name them). */
#ifndef SIXFOLD_ESP32C3_H
#define SIXFOLD_ESP32C3_H

#include <stdbool.h>
#include <stdint.h>

#define REG(at) (*(volatile uint32_t *)(at))

/* A function that runs from RAM: the flash cannot be read meanwhile. */
#define RAM_CODE __attribute__((section(".ram_code"), noinline))

#define UART0 0x60000000u     /* UART Controller */
#define SPI1 0x60002000u      /* the flash, beside the cache */
#define GPIO 0x60004000u      /* IO MUX and GPIO Matrix */
#define RTC 0x60008000u       /* Low-power Management, Watchdog Timers */
#define EFUSE 0x60008800u     /* eFuse Controller */
#define IO_MUX 0x60009000u
#define UART1 0x60010000u
#define TIMG0 0x6001f000u     /* Timer Group 0: its watchdog */
#define SYSTIMER 0x60023000u  /* System Timer */
#define SPI2 0x60024000u      /* SPI Controller */
#define RNG 0x600260b0u       /* Random Number Generator */
#define SYSTEM 0x600c0000u    /* System Registers */
#define INTERRUPT 0x600c2000u /* Interrupt Matrix */

/* Lines of the processor, as this board gives them to the sources. */
enum interrupt_line { LINE_CONSOLE = 16, LINE_SLIP = 17, LINE_ALARM = 18, LINE_W5500 = 19 };
/* Sources: their places in the interrupt matrix. */
enum interrupt_source { SOURCE_GPIO = 16, SOURCE_UART0 = 21, SOURCE_UART1 = 22, SOURCE_ALARM = 37 };

static inline void line_enable(enum interrupt_line line) { REG(INTERRUPT + 0x104) |= 1u << line; }
static inline void line_disable(enum interrupt_line line) { REG(INTERRUPT + 0x104) &= ~(1u << line); }
/* Levels, all of one priority: no handler interrupts another. */
static inline void line_open(enum interrupt_line line, enum interrupt_source source) {
  REG(INTERRUPT + 4 * source) = line;
  REG(INTERRUPT + 0x114 + 4 * line) = 1;
}
#define CSR(instruction) __asm__ volatile(".option push\n.option arch, +zicsr\n" instruction "\n.option pop" ::: "memory")
static inline void interrupts_off(void) { CSR("csrci mstatus, 8"); }
static inline void interrupts_on(void) { CSR("csrsi mstatus, 8"); }

/* Functions of a pin: its own one, the GPIO matrix, SPI2. */
enum pin_function { PIN_OWN = 0, PIN_GPIO = 1, PIN_SPI = 2 };
/* Input on, 20 mA, pulled up or not. */
static inline void pin_set(uint32_t pin, enum pin_function function, bool pull_up) {
  REG(IO_MUX + 4 + 4 * pin) = (uint32_t)function << 12 | 2 << 10 | 1 << 9 | (pull_up ? 1u << 8 : 0);
}
/* What the matrix puts on a pin: an output signal, or the GPIO registers. */
enum { SIGNAL_UART1 = 9, SIGNAL_GPIO = 128 };
static inline void pin_output(uint32_t pin, uint32_t signal) {
  REG(GPIO + 0x554 + 4 * pin) = signal;
  REG(GPIO + 0x24) = 1u << pin;
}
/* Where an input signal comes from. */
static inline void pin_input(uint32_t pin, uint32_t signal) { REG(GPIO + 0x154 + 4 * signal) = 1u << 6 | pin; }
static inline void pin_high(uint32_t pin) { REG(GPIO + 0x08) = 1u << pin; }
static inline void pin_low(uint32_t pin) { REG(GPIO + 0x0c) = 1u << pin; }
static inline bool pin_read(uint32_t pin) { return REG(GPIO + 0x3c) >> pin & 1; }

#endif
