/* An emulated RP2040 with one device more than the chip has, the exchange (rp2040.ts): it moves bytes between the machine's
 * memory and the runner, at once, and tells the processor's cycles. */
#include "machine.h"
#include "runtime.h"

#include <string.h>

struct exchange {
  uint32_t address;
  uint32_t size;
  /* Write: COMMAND_*. Read after COMMAND_READ: how many bytes came. */
  uint32_t command;
  uint32_t cycles;
};
enum { COMMAND_READ = 1, COMMAND_WRITE, COMMAND_EXIT };
#define EXCHANGE ((volatile struct exchange *)0x50400000u)

static uint32_t command(uint32_t number, const void *at, uint32_t size) {
  EXCHANGE->address = (uint32_t)at;
  EXCHANGE->size = size;
  EXCHANGE->command = number;
  __asm__ volatile("" ::: "memory");
  return EXCHANGE->command;
}

uint32_t machine_read(void *to, uint32_t size) { return command(COMMAND_READ, to, size); }
void machine_write(const void *from, uint32_t size) { command(COMMAND_WRITE, from, size); }
uint32_t machine_cost(void) { return EXCHANGE->cycles; }

void machine_exit(const char *reason) {
  command(COMMAND_EXIT, reason, reason ? strlen(reason) : 0);
  for (;;) {
  }
}

extern uint32_t __data_start, __data_load, __data_size, __bss_start, __bss_size, __stack_top;
int main(void);

static void reset(void) {
  memcpy(&__data_start, &__data_load, (size_t)&__data_size);
  memset(&__bss_start, 0, (size_t)&__bss_size);
  main();
}

static void hard_fault(void) { runtime_trapped("hard fault"); }

/* Stack pointer, reset, NMI, hard fault: Armv6-M Architecture Reference Manual B1.5.3. */
const void *const vectors[] __attribute__((section(".vectors"), used)) = {&__stack_top, (const void *)reset, 0,
                                                                          (const void *)hard_fault};
