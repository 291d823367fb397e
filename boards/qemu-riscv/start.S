/* Entry: registers, data, bss, main. A processor exception is told on the console by the trap's address and resets nothing. */
  .option arch, +zicsr
  .section .text.entry, "ax"
  .globl _start
_start:
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  la sp, __stack_top
  la t0, exception
  csrw mtvec, t0
  la a0, __data_start
  la a1, __data_load
  la a2, __data_size
  call memcpy
  la a0, __bss_start
  la a2, __bss_end
  sub a2, a2, a0
  li a1, 0
  call memset
  call main
1:
  j 1b

  .balign 4
exception:
  csrr a0, mcause
  csrr a1, mepc
  call port_exception
1:
  j 1b
