/* A configuration that is saved at the console and from the next start on holds in place of the firmware's own:
 *
 *     save begin HASH   the first eight digits of the hash of the image that it is for
 *     save HEX          messages (assembly/abi/message.ts), as many lines as it takes
 *     save end CRC      CRC-32 of all bytes, eight digits: only now is anything written
 *     forget            the firmware's own holds again
 *
 * Power may fail at any time: the old configuration holds or the new one, whole. */
#ifndef SIXFOLD_SAVED_H
#define SIXFOLD_SAVED_H

#include <stdint.h>

enum { SAVED_MAX = 2048 };

struct messages {
  const uint8_t *bytes;
  uint32_t length;
};
/* The messages that configure this board, and a line on the console about which those are. Valid until the next command. */
struct messages saved_or_built_in(void);
/* What follows `save `. */
void saved_command(const char *rest);
void saved_forget(void);

#endif
