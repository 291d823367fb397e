/* From reset to main(): memory, clocks, the blocks that are used; and what becomes of a processor fault. */
#include "start.h"

#include <stdint.h>

#include "rp2040.h"
#include "runtime.h"
#include "uart.h"
#include "usb.h"

extern uint32_t __stack_top[], __data_start[], __data_end[], __data_load[], __bss_start[], __bss_end[];
extern const uint8_t __image_start[], __image_end[];
int main(void);

/* Bits of RESETS. */
enum {
  R_DMA = 1 << 2, R_IO_BANK0 = 1 << 5, R_PADS_BANK0 = 1 << 8, R_PLL_SYS = 1 << 12, R_PLL_USB = 1 << 13, R_SPI0 = 1 << 16,
  R_TIMER = 1 << 21, R_UART0 = 1 << 22, R_UART1 = 1 << 23,
  R_USB = 1 << 24,
  BEFORE_CLOCKS = R_DMA | R_IO_BANK0 | R_PADS_BANK0 | R_PLL_SYS | R_PLL_USB | R_TIMER,
  /* These come out of reset only with their own clocks running (§2.14.2). */
  AFTER_CLOCKS = R_SPI0 | R_UART0 | R_UART1 | R_USB,
};
static void release(uint32_t blocks) {
  REG_CLEAR(RESETS) = blocks;
  while ((REG(RESETS + 8) & blocks) != blocks) {
  }
}
/* 12 MHz times `multiple`, divided by `first` and `second` (§2.18.2). */
static void pll_start(uint32_t pll, uint32_t multiple, uint32_t first, uint32_t second) {
  enum { CS = 0, PWR = 4, FBDIV = 8, PRIM = 12, LOCK = 1 << 31, PD = 1, POSTDIVPD = 8, VCOPD = 0x20 };
  REG(pll + CS) = 1;
  REG(pll + FBDIV) = multiple;
  REG_CLEAR(pll + PWR) = PD | VCOPD;
  while (!(REG(pll + CS) & (uint32_t)LOCK)) {
  }
  REG(pll + PRIM) = first << 16 | second << 12;
  REG_CLEAR(pll + PWR) = POSTDIVPD;
}
/* Crystal 12 MHz: reference, and 1 us for timer and watchdog. System and peripherals 125 MHz, USB 48 MHz. */
void start_clocks(void) {
  enum { REF = 0x30, REF_SELECTED = 0x38, SYS = 0x3c, SYS_SELECTED = 0x44, PERI = 0x48, FOR_USB = 0x54, ENABLE = 1 << 11 };
  REG(CLOCKS + SYS) = 0;
  while (!(REG(CLOCKS + SYS_SELECTED) & 1)) {
  }
  REG(XOSC + 0x0c) = 47; /* about 1 ms, in units of 256 periods */
  REG(XOSC) = 0xfab << 12 | 0xaa0;
  while (!(REG(XOSC + 4) & 1u << 31)) {
  }
  REG(CLOCKS + REF) = 2;
  while (!(REG(CLOCKS + REF_SELECTED) & 4)) {
  }
  release(BEFORE_CLOCKS);
  pll_start(PLL_SYS, 125, 6, 2);
  pll_start(PLL_USB, 100, 5, 5);
  REG(CLOCKS + SYS) = 1;
  while (!(REG(CLOCKS + SYS_SELECTED) & 2)) {
  }
  REG(CLOCKS + PERI) = ENABLE;
  REG(CLOCKS + FOR_USB) = ENABLE;
  REG(WATCHDOG + 0x2c) = 12 | 1 << 9;
  release(AFTER_CLOCKS);
}

/* The boot code enters here, with the stack ready. Volatile: memcpy and memset are not there before they are copied. */
static void reset(void) {
  const uint32_t *from = __data_load;
  for (volatile uint32_t *to = __data_start; to < __data_end;) *to++ = *from++;
  for (volatile uint32_t *to = __bss_start; to < __bss_end;) *to++ = 0;
  /* The copy of the vectors. */
  REG(NVIC + 0xd08) = (uint32_t)__data_start;
  main();
  for (;;) {
  }
}

/* What the processor pushes (ARMv6-M §B1.5.6). */
struct frame {
  uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
};
enum { FROM_THREAD = 0xfffffff9, THUMB = 1 };

/* A fault in the image's code is a word that is not aligned: its loads leave that to the processor. The code goes on where an
 * image traps, as if called from where it was. Any other fault is told, and the board starts again. */
__attribute__((used)) static void fault(struct frame *frame, uint32_t from) {
  if (from == (uint32_t)FROM_THREAD && frame->pc >= (uint32_t)__image_start && frame->pc < (uint32_t)__image_end) {
    frame->lr = frame->pc;
    frame->pc = (uint32_t)runtime_unaligned & ~(uint32_t)THUMB;
    return;
  }
  uart_last_words("fault at ", frame->pc);
  uart_last_words("called from ", frame->lr);
  REG(WATCHDOG) = 1u << 31;
  for (;;) {
  }
}
__attribute__((naked)) static void hard_fault(void) {
  __asm__ volatile("mov r0, sp\n mov r1, lr\n ldr r2, =%c0\n bx r2\n .ltorg" ::"i"(fault));
}

/* Timer and W5500 end the wait of an idle processor, which looks for itself what there is to do. */
static void wake(void) { irq_disable(1u << IRQ_TIMER0 | 1u << IRQ_GPIO); }

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + IRQ_COUNT])(void) = {
    (void (*)(void))__stack_top, reset, hard_fault, hard_fault,
    [4 ... 15] = hard_fault,
    [16 + IRQ_TIMER0] = wake,
    [16 + IRQ_TIMER0 + 1 ... 15 + IRQ_USB] = hard_fault,
    [16 + IRQ_USB] = usb_interrupt,
    [16 + IRQ_USB + 1 ... 15 + IRQ_GPIO] = hard_fault,
    [16 + IRQ_GPIO] = wake,
    [16 + IRQ_GPIO + 1 ... 15 + IRQ_UART0] = hard_fault,
    [16 + IRQ_UART0] = uart_console_interrupt,
    [16 + IRQ_UART1] = uart_slip_interrupt,
    [16 + IRQ_UART1 + 1 ... 15 + IRQ_COUNT] = hard_fault,
};
