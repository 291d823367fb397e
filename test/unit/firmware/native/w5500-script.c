/* The W5500's driver against the chip of w5500-chip.c, as standard input says:
 *
 *     ms N             time passes, with a look at the chip each millisecond
 *     arrive LEN SEED  a frame comes from the wire: "arrived" or "missed"
 *     take ROOM        "took LEN SEED" (of the oldest frame that arrived, which it must be), or "none"
 *     send LEN SEED    "sent" or "refused"; and "wire LEN SEED" when it leaves the chip
 *     break N          see enum fault
 *     brown-out
 *     state            "ready R up U waiting W restarts N resets N"
 *
 * Exit code 1, with what is wrong, when a frame is not what it should be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "w5500-chip.h"
#include "w5500.h"

enum { FRAME_MAX = 16384, FRAMES_MAX = 4096 };

struct made {
  uint32_t len, seed;
};
static struct made arrived[FRAMES_MAX], offered;
static uint32_t first, behind, resets_seen;
static uint64_t now;

static void fill(uint8_t *to, struct made frame) {
  for (uint32_t i = 0; i < frame.len; i++) to[i] = (uint8_t)(frame.seed = frame.seed * 1664525 + 1013904223, frame.seed >> 24);
}
static void must(bool right, const char *what) {
  if (right) return;
  printf("wrong: %s\n", what);
  exit(1);
}
void chip_sent(const uint8_t *frame, uint32_t len) {
  uint8_t want[FRAME_MAX];
  fill(want, offered);
  must(len == offered.len && memcmp(want, frame, len) == 0, "another frame left than was sent");
  printf("wire %u %u\n", offered.len, offered.seed);
}
static void take(uint32_t room) {
  uint8_t *frame = malloc(room ? room : 1), want[FRAME_MAX];
  uint32_t len = w5500_receive(frame, room);
  if (len) {
    must(first != behind, "a frame that never came");
    struct made made = arrived[first++ % FRAMES_MAX];
    fill(want, made);
    must(len == made.len && memcmp(want, frame, len < room ? len : room) == 0, "another frame than the oldest");
    printf("took %u %u\n", made.len, made.seed);
  } else puts("none");
  free(frame);
}
int main(void) {
  char word[16];
  uint8_t frame[FRAME_MAX];
  w5500_start((const uint8_t[6]){2, 0, 0, 0, 0, 1}, now);
  while (scanf("%15s", word) == 1) {
    uint32_t n = 0;
    struct made made = {0, 0};
    if (strcmp(word, "ms") == 0) {
      must(scanf("%u", &n) == 1, "input");
      while (n--) w5500_poll(++now);
    } else if (strcmp(word, "arrive") == 0) {
      must(scanf("%u %u", &made.len, &made.seed) == 2 && made.len <= FRAME_MAX, "input");
      fill(frame, made);
      bool in = chip_arrive(frame, made.len);
      if (in) arrived[behind++ % FRAMES_MAX] = made;
      puts(in ? "arrived" : "missed");
    } else if (strcmp(word, "take") == 0) {
      must(scanf("%u", &n) == 1, "input");
      take(n);
    } else if (strcmp(word, "send") == 0) {
      must(scanf("%u %u", &offered.len, &offered.seed) == 2 && offered.len <= FRAME_MAX, "input");
      fill(frame, offered);
      puts(w5500_send(frame, offered.len) ? "sent" : "refused");
    } else if (strcmp(word, "break") == 0) {
      must(scanf("%u", &n) == 1, "input");
      chip_break((enum fault)n);
    } else if (strcmp(word, "brown-out") == 0) chip_brown_out();
    else if (strcmp(word, "state") == 0) {
      printf("ready %d up %d waiting %d restarts %u resets %u\n", w5500_ready(), w5500_up(), w5500_waiting(), w5500_restarts(), chip_resets);
    } else must(false, "input");
    if (chip_resets != resets_seen) first = behind;
    resets_seen = chip_resets;
  }
}
