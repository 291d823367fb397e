/* A W5500 as its datasheet has it, for the driver's test: socket 0 in MACRAW mode behind the bus functions of w5500.h, and ways to
 * break it. Frames are of bytes that follow from a seed. */
#ifndef W5500_CHIP_H
#define W5500_CHIP_H

#include <stdbool.h>
#include <stdint.h>

enum fault {
  SOUND,
  SILENT,   /* nobody drives MISO: ones */
  GROUNDED, /* zeros */
  DEAF,     /* commands are never taken */
  STUCK,    /* frames are not sent */
  FULL,     /* no room to send */
  HEADER,   /* the next frame's length is too small to be one */
  SIZE,     /* more waits than the buffer has room for */
  RESTLESS, /* the number of bytes that wait never holds still */
  UNPLUGGED,
  NO_INTERRUPT,
  BEYOND,   /* the next frame's length is more than waits */
};

void chip_break(enum fault how);
/* Its supply failed for a moment: everything is forgotten. */
void chip_brown_out(void);
/* A frame from the wire; false: not taken in. */
bool chip_arrive(const uint8_t *frame, uint32_t len);
/* Called with each frame that leaves. */
void chip_sent(const uint8_t *frame, uint32_t len);
/* How often RSTn was low. */
extern uint32_t chip_resets;

#endif
