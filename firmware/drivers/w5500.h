/* WIZnet W5500, an Ethernet controller on SPI, as a pipe for whole frames: socket 0 in MACRAW mode has all of both buffers
 * (W5500 datasheet 1.1.0 §3, §4). One chip a board.
 *
 * A chip that answers nonsense, answers nothing, or does not get rid of a frame is reset and set up again; until then there is no
 * carrier. The board calls w5500_poll at least every few milliseconds, and from one thread only. */
#ifndef SIXFOLD_W5500_H
#define SIXFOLD_W5500_H

#include <stdbool.h>
#include <stdint.h>

/* What the driver asks of a board. */

/* SCSn: true = low. */
void w5500_bus_select(bool selected);
/* Exchanges bytes, mode 0, most significant bit first: sends `out` (0 = any bytes), keeps what comes in `in` (0 = nothing). */
void w5500_bus_transfer(const uint8_t *out, uint8_t *in, uint32_t len);
/* RSTn: true = low. */
void w5500_bus_reset(bool held);
/* INTn is low. */
bool w5500_bus_interrupt(void);

/* What it gives. Times are milliseconds. */

/* Begins to set up the chip; w5500_poll goes on with it. */
void w5500_start(const uint8_t mac[6], uint64_t now);
/* Looks after the chip. Cheap when nothing is due. */
void w5500_poll(uint64_t now);
/* The chip has answered and is set up. */
bool w5500_ready(void);
/* ... and it has a carrier. */
bool w5500_up(void);
/* A frame may wait. Cheap: for the wait of an idle processor. */
bool w5500_waiting(void);
/* Takes a frame: its length, of which `room` bytes at most are written; 0 = none. */
uint32_t w5500_receive(uint8_t *to, uint32_t room);
/* False: not now. A frame that is longer than Ethernet's is dropped. */
bool w5500_send(const uint8_t *frame, uint32_t len);
/* How often the chip failed; it is reset until it is well. */
uint32_t w5500_restarts(void);

#endif
