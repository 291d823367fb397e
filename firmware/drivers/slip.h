/* Packets on a serial line (RFC 1055): each between two END bytes, with ESC in front of what would be taken for one.
 *
 * A queue holds encoded bytes. For receiving, an interrupt puts bytes in and the main loop takes packets out; for sending it is
 * the other way round. Neither waits for the other, and the two ends change different fields. */
#ifndef SIXFOLD_SLIP_H
#define SIXFOLD_SLIP_H

#include <stdbool.h>
#include <stdint.h>

enum { SLIP_QUEUE = 4096 };

struct slip_queue {
  uint8_t bytes[SLIP_QUEUE];
  /* Positions count on and on; a byte lies at the position modulo SLIP_QUEUE. `start`: where the packet that is put in begins. */
  volatile uint32_t in, out;
  uint32_t start;
  /* Packets that are whole. */
  volatile uint32_t whole_in, whole_out;
  /* The packet that comes in has no room. */
  bool dropping;
  /* Packets without room, and packets with an ESC that nothing belongs to. */
  volatile uint32_t lost, broken;
};

/* A byte from the line. */
void slip_put(struct slip_queue *queue, uint8_t byte);
/* The next packet's length, of which `room` bytes at most are written; 0 = none is whole. */
uint32_t slip_take(struct slip_queue *queue, uint8_t *to, uint32_t room);
/* Encodes a packet; false: there is no room for all of it now. */
bool slip_send(struct slip_queue *queue, const uint8_t *packet, uint32_t len);
/* The next byte for the line, -1 = none. */
int slip_next(struct slip_queue *queue);

#endif
