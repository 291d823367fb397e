#ifndef SIXFOLD_ENTROPY_H
#define SIXFOLD_ENTROPY_H

#include <stdbool.h>
#include <stdint.h>

/* 32 bytes of the ring oscillator's jitter. False: it did not look like noise, and what is given is not secret. */
bool entropy_read(uint8_t to[32]);

#endif
