/* What the build puts into a firmware beside its code: which image it is, and the messages that configure it. */
#ifndef SIXFOLD_CONFIGURATION_H
#define SIXFOLD_CONFIGURATION_H

#include <stdint.h>

/* `check`, CRC-32 of the firmware's file with these four bytes zero, and `size` are filled in after linking. */
struct manifest {
  char magic[8]; /* "SIXFOLD1" */
  uint32_t size, check;
  char board[24];
  char image[16];
  uint8_t hash[32]; /* SHA-256 of the image's .wasm */
  uint32_t length;  /* of the messages (assembly/abi/message.ts) */
  uint8_t messages[];
};
extern const struct manifest manifest;

#endif
