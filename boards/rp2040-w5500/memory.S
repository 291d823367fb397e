/* memcpy, memmove and memset, which the C library does byte by byte: 16 bytes at a time where both ends are aligned alike, two at a
 * time where they differ by two, which Ethernet's header brings about. In RAM, as every packet passes here. */
  .syntax unified
  .cpu cortex-m0plus
  .thumb
  .section .ram_code, "ax"

  .macro function name
  .global \name
  .type \name, %function
  .thumb_func
\name:
  .endm

  .balign 4
/* r0 to, r1 from, r2 bytes; gives r0. To below from: they may overlap. */
function memcpy
forward:
  push {r0, r4, r5, r6, lr}
  movs r3, r0
  eors r3, r1
  lsls r3, r3, #31
  bne bytes                     /* one is odd, the other is not */
  bcs halves                    /* they differ by two */

  /* Words, after at most three bytes. */
  cmp r2, #8
  blo bytes
align:
  lsls r3, r0, #30
  beq words
  ldrb r3, [r1]
  strb r3, [r0]
  adds r1, #1
  adds r0, #1
  subs r2, #1
  b align
words:
  subs r2, #16
  blo fewer_words
four_words:
  ldmia r1!, {r3, r4, r5, r6}
  stmia r0!, {r3, r4, r5, r6}
  subs r2, #16
  bhs four_words
fewer_words:
  adds r2, #12
  blo bytes_left
one_word:
  ldmia r1!, {r3}
  stmia r0!, {r3}
  subs r2, #4
  bhs one_word
bytes_left:
  adds r2, #4
  b bytes

halves:
  cmp r2, #8
  blo bytes
  lsls r3, r0, #31
  beq aligned_halves
  ldrb r3, [r1]
  strb r3, [r0]
  adds r1, #1
  adds r0, #1
  subs r2, #1
aligned_halves:
  subs r2, #8
  blo halves_left
four_halves:
  ldrh r3, [r1]
  ldrh r4, [r1, #2]
  ldrh r5, [r1, #4]
  ldrh r6, [r1, #6]
  strh r3, [r0]
  strh r4, [r0, #2]
  strh r5, [r0, #4]
  strh r6, [r0, #6]
  adds r1, #8
  adds r0, #8
  subs r2, #8
  bhs four_halves
halves_left:
  adds r2, #8

bytes:
  subs r2, #1
  blo copied
  ldrb r3, [r1]
  strb r3, [r0]
  adds r1, #1
  adds r0, #1
  b bytes
copied:
  pop {r0, r4, r5, r6, pc}

function memmove
  subs r3, r0, r1
  cmp r3, r2
  bhs forward                   /* to is below from, or behind its end */
  push {r4, lr}
  lsls r3, r3, #30
  bne backward_bytes
  /* Words from the end, after at most three bytes. */
align_end:
  adds r3, r0, r2
  lsls r3, r3, #30
  beq backward_words
  subs r2, #1
  blo moved
  ldrb r3, [r1, r2]
  strb r3, [r0, r2]
  b align_end
backward_words:
  subs r2, #4
  blo backward_left
  ldr r3, [r1, r2]
  str r3, [r0, r2]
  b backward_words
backward_left:
  adds r2, #4
backward_bytes:
  subs r2, #1
  blo moved
  ldrb r3, [r1, r2]
  strb r3, [r0, r2]
  b backward_bytes
moved:
  pop {r4, pc}

/* r0 to, r1 byte, r2 bytes; gives r0. */
function memset
  push {r0, r4, r5, r6, lr}
  cmp r2, #8
  blo set_bytes
set_align:
  lsls r3, r0, #30
  beq set_words
  strb r1, [r0]
  adds r0, #1
  subs r2, #1
  b set_align
set_words:
  uxtb r3, r1
  lsls r4, r3, #8
  orrs r3, r4
  lsls r4, r3, #16
  orrs r3, r4
  movs r4, r3
  movs r5, r3
  movs r6, r3
  subs r2, #16
  blo set_fewer
set_four:
  stmia r0!, {r3, r4, r5, r6}
  subs r2, #16
  bhs set_four
set_fewer:
  adds r2, #12
  blo set_left
set_one:
  stmia r0!, {r3}
  subs r2, #4
  bhs set_one
set_left:
  adds r2, #4
set_bytes:
  subs r2, #1
  blo was_set
  strb r1, [r0]
  adds r0, #1
  b set_bytes
was_set:
  pop {r0, r4, r5, r6, pc}
