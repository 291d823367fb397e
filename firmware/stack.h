/* How deep the stack has been: it is painted at the start, and what is still painted was never used. */
#ifndef SIXFOLD_STACK_H
#define SIXFOLD_STACK_H

#include <stdint.h>

void stack_paint(void);
/* Bytes; 0 where the stack is the operating system's. */
uint32_t stack_used(void);
uint32_t stack_size(void);

#endif
