/* Puts right checksums into a frame, so that the fuzzer does not have to guess them. */
#ifndef SIXFOLD_CHECKSUMS_H
#define SIXFOLD_CHECKSUMS_H

#include <stdint.h>

/* `frame`: Ethernet II, or a packet that begins with its IP version. What is too short or unknown stays as it is. */
void fix_checksums(uint8_t *frame, uint32_t len);

#endif
