/* The core as a node: configured from flash, its ports served, its events told, its records kept. */
#ifndef SIXFOLD_NODE_H
#define SIXFOLD_NODE_H

#include <stdint.h>

/* Starts the core afresh and configures it. What it refuses is said on the console; the node then does without. */
void node_start(void);
/* One turn: frames in, what is due, frames out, events, records. Returns when the next turn is due, ms since power on. */
uint64_t node_turn(void);
/* Runs messages (assembly/abi/message.ts); says why when the core refuses. */
void node_configure(const uint8_t *messages, uint32_t len);
/* Says what the ports and the core have counted. */
void node_status(void);

#endif
