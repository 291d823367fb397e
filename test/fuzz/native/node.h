/* The node under test: calls of the ABI, and what is checked after each. */
#ifndef SIXFOLD_FUZZ_NODE_H
#define SIXFOLD_FUZZ_NODE_H

#include <stdbool.h>
#include <stdint.h>

enum { NODE_PORTS = 4, NODE_FRAME_MAX = 1536, NODE_RECORD_MAX = 116 };

struct node_record {
  uint32_t id, len, generation;
  uint8_t bytes[NODE_RECORD_MAX];
};
/* What is done with a frame that was checked, and with a record; may be null. */
extern void (*node_on_frame)(uint32_t port, const uint8_t *frame, uint32_t len);
extern void (*node_on_record)(const struct node_record *record);
/* Says that records are safe as soon as they are taken. */
extern bool node_stores_at_once;

/* Prints a frame that something is wrong with. */
void node_show(const uint8_t *frame, uint32_t len);
/* Starts the image, replays the tape (null: none), and keeps the state. */
void node_start(const char *tape);
void node_restore(void);
/* Time goes on. */
void node_pass(uint64_t ms);
uint64_t node_now(void);
/* What came in wrong may leave wrong: a checksum that nobody here looks at, the application's own hop limit. */
void node_expect(uint32_t port, const uint8_t *frame, uint32_t len);
/* One frame; `fix`: its checksums are put right before. False: no buffer was free. */
bool node_receive(uint32_t port, const uint8_t *frame, uint32_t len, bool fix);
int32_t node_configure(const uint8_t *messages, uint32_t len);
/* Milliseconds until the next deadline. What is due has run, however often it had to be asked. */
uint32_t node_tick(void);
bool node_is_link(uint32_t port);
/* From now on frames are given back late, a few at a time, or no longer. */
void node_hold(bool on);
/* Gives back all that were held. */
void node_give_back(void);
/* Takes and checks frames, events and records. */
void node_drain(void);
/* A start after a power cut. */
void node_power_cut(void);
/* Messages of the configuration that the tape gave, those up to MESSAGE_PORT and those behind. */
void node_configure_ports(void);
void node_configure_rest(void);

#endif
