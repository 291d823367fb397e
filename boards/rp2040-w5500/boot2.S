/* The second stage that the boot ROM copies to RAM and runs (RP2040 datasheet §2.8.1.3): sets the flash controller to read with
 * command 03h, which every serial flash knows, at a quarter of the system clock (§4.10; 31 MHz at 125 MHz, a W25Q allows 50), and
 * starts the program. It has 252 bytes; the build puts their CRC behind them (host-sim/boards/boot2.ts), which the ROM checks. */
  .syntax unified
  .cpu cortex-m0plus
  .thumb

  .equ SSI, 0x18000000
  .equ SPI_CTRLR0, 0xf4
  .equ VTOR, 0xe000ed08

  .section .boot2, "ax"
  .global boot2
boot2:
  push {lr}
  ldr r3, =SSI
  movs r1, #0
  str r1, [r3, #0x08]                   /* SSIENR: off while it is set up */
  movs r1, #4
  str r1, [r3, #0x14]                   /* BAUDR */
  ldr r1, =(31 << 16 | 3 << 8)          /* CTRLR0: frames of 32 bits, one data line, first send, then read */
  str r1, [r3, #0x00]
  ldr r1, =(0x03 << 24 | 2 << 8 | 6 << 2) /* the command, its 8 bits, 24 bits of address */
  movs r2, #SPI_CTRLR0
  str r1, [r3, r2]
  movs r1, #0
  str r1, [r3, #0x04]                   /* CTRLR1: one frame */
  movs r1, #1
  str r1, [r3, #0x08]
  pop {r0}
  cmp r0, #0                            /* called by a program, not by the ROM: back to it */
  beq 1f
  bx r0
1:
  ldr r0, =__vectors
  ldr r1, =VTOR
  str r0, [r1]
  ldmia r0!, {r1, r2}
  msr msp, r1
  bx r2
  .ltorg
