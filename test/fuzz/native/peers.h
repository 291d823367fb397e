/* Peers of the node under test: what the node's neighbour, router, home agent, mobile node or correspondent says to a frame. */
#ifndef SIXFOLD_FUZZ_PEERS_H
#define SIXFOLD_FUZZ_PEERS_H

#include <stdbool.h>
#include <stdint.h>

enum { PEER_FRAME_MAX = 1536 };

/* Writes the answer to a frame that left (`link`: with an Ethernet header) to `to`; its length. Where no peer has anything to
 * say, the frame with its addresses exchanged. Checksums are left to the caller. */
uint32_t peer_answer(const uint8_t *frame, uint32_t len, bool link, uint8_t to[PEER_FRAME_MAX]);

#endif
