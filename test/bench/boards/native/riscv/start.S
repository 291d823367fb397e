/* Entry: registers, then main. An exception prints a sentence. */
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
  call main

  .balign 4
exception:
  la a0, board_exception
  call board_fail

  .section .rodata
board_exception:
  .asciz "exception of the processor"
