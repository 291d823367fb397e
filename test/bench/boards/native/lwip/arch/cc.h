/* The compiler, as lwIP asks for it. */
#ifndef SIXFOLD_LWIP_CC_H
#define SIXFOLD_LWIP_CC_H

#include <stddef.h>
#include <stdint.h>

__attribute__((noreturn)) void board_assertion(const char *reason);

/* Words where both are aligned. */
void board_copy(void *to, const void *from, size_t len);

#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS
#define lwip_htons(x) __builtin_bswap16(x)
#define lwip_htonl(x) __builtin_bswap32(x)

/* Link addresses are even: three half words. What else is copied with a constant length is left to the compiler. */
#define SMEMCPY(to, from, len)                                                                                          \
  do {                                                                                                                  \
    if (__builtin_constant_p(len) && (len) == 6) {                                                                      \
      board_half *board_to = (board_half *)(to);                                                                        \
      const board_half *board_from = (const board_half *)(from);                                                        \
      board_to[0] = board_from[0], board_to[1] = board_from[1], board_to[2] = board_from[2];                            \
    } else                                                                                                              \
      memcpy(to, from, len);                                                                                            \
  } while (0)
typedef uint16_t __attribute__((may_alias)) board_half;

#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x) board_assertion(x)
/* For addresses of neighbours and timers: not part of what is measured. */
#define LWIP_RAND() 4u
#define BYTE_ORDER LITTLE_ENDIAN

#endif
