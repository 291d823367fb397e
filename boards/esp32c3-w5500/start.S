/* Entries, interrupts, exceptions. Started by the boot ROM, what belongs into RAM is copied there; a boot loader has done that. */
  .option arch, +zicsr
  .section .entry, "ax"
  .option norvc
  j direct

  .section .text.start, "ax"
  .globl loaded
direct:
  la a0, __copied_start
  la a1, __copied_load
  la a2, __copied_end
1:
  lw a3, 0(a1)
  sw a3, 0(a0)
  addi a0, a0, 4
  addi a1, a1, 4
  bltu a0, a2, 1b
loaded:
  csrci mstatus, 8
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  la sp, __stack_top
  la a0, __bss_start
  la a1, __bss_end
2:
  sw zero, 0(a0)
  addi a0, a0, 4
  bltu a0, a1, 2b
  la a0, vectors
  ori a0, a0, 1
  csrw mtvec, a0
  call main
3:
  j 3b

/* The processor jumps to 4 times the number of the line; exceptions to the first. */
  .balign 256
vectors:
  .option push
  .option norvc
  j exception
  .rept 31
  j interrupt
  .endr
  .option pop

interrupt:
  addi sp, sp, -64
  sw ra, 0(sp)
  sw t0, 4(sp)
  sw t1, 8(sp)
  sw t2, 12(sp)
  sw t3, 16(sp)
  sw t4, 20(sp)
  sw t5, 24(sp)
  sw t6, 28(sp)
  sw a0, 32(sp)
  sw a1, 36(sp)
  sw a2, 40(sp)
  sw a3, 44(sp)
  sw a4, 48(sp)
  sw a5, 52(sp)
  sw a6, 56(sp)
  sw a7, 60(sp)
  csrr a0, mcause
  andi a0, a0, 31
  call board_interrupt
  lw ra, 0(sp)
  lw t0, 4(sp)
  lw t1, 8(sp)
  lw t2, 12(sp)
  lw t3, 16(sp)
  lw t4, 20(sp)
  lw t5, 24(sp)
  lw t6, 28(sp)
  lw a0, 32(sp)
  lw a1, 36(sp)
  lw a2, 40(sp)
  lw a3, 44(sp)
  lw a4, 48(sp)
  lw a5, 52(sp)
  lw a6, 56(sp)
  lw a7, 60(sp)
  addi sp, sp, 64
  mret

exception:
  csrr a0, mcause
  csrr a1, mepc
  call board_exception
4:
  j 4b
