/* QEMU's riscv32 virt machine: tape from QEMU's stdin, transcript to its stdout, both by semihosting (Arm's "Semihosting for
 * AArch32 and AArch64", with the instructions of the "RISC-V Semihosting" specification). start.S is the board's. */
#include "machine.h"
#include "runtime.h"

#include <string.h>

enum { SYS_OPEN = 1, SYS_WRITE0 = 4, SYS_WRITE = 5, SYS_READ = 6, SYS_EXIT_EXTENDED = 0x20 };
enum { MODE_READ = 1, MODE_WRITE = 5, APPLICATION_EXIT = 0x20026 };

/* The three instructions must not be compressed and lie in one page. */
static uint32_t semihost(uint32_t call, const void *parameters) {
  register uint32_t a0 __asm__("a0") = call;
  register const void *a1 __asm__("a1") = parameters;
  __asm__ volatile(
      ".option push\n.option norvc\n.balign 16\n"
      "slli zero, zero, 0x1f\nebreak\nsrai zero, zero, 7\n"
      ".option pop"
      : "+r"(a0)
      : "r"(a1)
      : "memory");
  return a0;
}

/* ":tt" is stdin or stdout, as the mode says. */
static uint32_t console(uint32_t mode) {
  static uint32_t handles[2];
  uint32_t *handle = &handles[mode == MODE_WRITE];
  if (*handle == 0) *handle = semihost(SYS_OPEN, (const uintptr_t[]){(uintptr_t) ":tt", mode, 3}) + 1;
  return *handle - 1;
}

/* Both calls answer how many bytes were not moved. */
uint32_t machine_read(void *to, uint32_t size) {
  uint32_t done = 0;
  while (done < size) {
    uint32_t left = semihost(SYS_READ, (const uintptr_t[]){console(MODE_READ), (uintptr_t)to + done, size - done});
    if (left >= size - done) break;
    done = size - left;
  }
  return done;
}

void machine_write(const void *from, uint32_t size) {
  if (size == 0) return;
  if (semihost(SYS_WRITE, (const uintptr_t[]){console(MODE_WRITE), (uintptr_t)from, size}) != 0) {
    machine_exit("the transcript cannot be written");
  }
}

/* With `-icount shift=0` one per instruction. */
uint32_t machine_cost(void) {
  uint32_t instructions;
  __asm__ volatile(".option push\n.option arch, +zicsr\ncsrr %0, minstret\n.option pop" : "=r"(instructions)::"memory");
  return instructions;
}

void machine_exit(const char *reason) {
  if (reason) {
    semihost(SYS_WRITE0, reason);
    semihost(SYS_WRITE0, "\n");
  }
  semihost(SYS_EXIT_EXTENDED, (const uintptr_t[]){APPLICATION_EXIT, reason != 0});
  for (;;) {
  }
}

/* start.S: the processor took an exception. */
void port_exception(uint32_t cause, uint32_t at);
void port_exception(uint32_t cause, uint32_t at) {
  static char text[] = "exception ........ at ........";
  for (int i = 0; i < 8; i++) {
    text[10 + i] = "0123456789abcdef"[cause >> (28 - 4 * i) & 15];
    text[22 + i] = "0123456789abcdef"[at >> (28 - 4 * i) & 15];
  }
  runtime_trapped(text);
}
