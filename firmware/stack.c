/* See stack.h. A bare-metal board's linker script gives __stack_bottom and __stack_top and the build says BARE_METAL. */
#include "stack.h"

#ifdef BARE_METAL
enum { PAINT = 0x5aa5c33c };
extern uint32_t __stack_bottom[], __stack_top[];

void stack_paint(void) {
  /* Up to what is in use: this frame, and what the compiler may have put beside it. */
  uintptr_t here = (uintptr_t)__builtin_frame_address(0) - 128;
  for (volatile uint32_t *p = __stack_bottom; (uintptr_t)p < here; p++) *p = PAINT;
}
uint32_t stack_used(void) {
  const uint32_t *p = __stack_bottom;
  while (p < __stack_top && *p == PAINT) p++;
  return (uint32_t)((uintptr_t)__stack_top - (uintptr_t)p);
}
uint32_t stack_size(void) { return (uint32_t)((uintptr_t)__stack_top - (uintptr_t)__stack_bottom); }
#else
void stack_paint(void) {}
uint32_t stack_used(void) { return 0; }
uint32_t stack_size(void) { return 0; }
#endif
