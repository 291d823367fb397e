#ifndef SIXFOLD_COPY_H
#define SIXFOLD_COPY_H

#include <stdint.h>

/* Both must be aligned to 8; nothing is said about poisoned bytes. */
void copy_words(uint64_t *to, const uint64_t *from, uint32_t words);

#endif
