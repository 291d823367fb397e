/* Replays a setup, then hands in every case of every size, compares what leaves, and prints what each took:
 *
 *     size SIZE-INDEX COST
 *
 * a line a packet, then `end`. Cost counts what is the subject's: getting a buffer, taking the frame, giving out what leaves. The
 * frame's way into the buffer is the device's. Setup and cases are linked in, in the form of test/bench/native/tape.h. */
#include "board.h"
#include "subject.h"

#include <stdbool.h>
#include <string.h>

enum { STEP_END, STEP_CLOCK, STEP_CONFIGURE, STEP_RX, STEP_TICK, STEP_DRAIN };
enum { SIZES_MAX = 8 };

extern const uint32_t tape_setup[];
/* Number of sizes, then the distance of each size's cases from the first word of this array, in words. */
extern const uint32_t tape_cases[];

static void put(const char *text) {
  while (*text) board_write(*text++);
}

static void put_number(uint32_t n) {
  char digits[11];
  char *at = digits + sizeof digits;
  *--at = 0;
  do *--at = (char)('0' + n % 10);
  while (n /= 10);
  put(at);
}

void board_fail(const char *reason) {
  put("fail ");
  put(reason);
  put("\n");
  board_end();
}

static uint32_t words(uint32_t bytes) { return (bytes + 3) / 4; }

static void replay(const uint32_t *at) {
  struct sent sent;
  for (; at[0] != STEP_END; at += 4 + words(at[3])) {
    const uint8_t *bytes = (const uint8_t *)(at + 4);
    switch (at[0]) {
      case STEP_CLOCK:
        subject_clock(at[1] | (uint64_t)at[2] << 32);
        break;
      case STEP_CONFIGURE:
        subject_configure(bytes, at[3]);
        break;
      case STEP_RX:
        memcpy(subject_buffer(at[1]), bytes, at[3]);
        subject_frame(at[1], at[3], &sent);
        break;
      case STEP_TICK:
        subject_tick();
        break;
      case STEP_DRAIN:
        subject_drain();
        break;
      default:
        board_fail("unknown step in the setup");
    }
  }
}

/* An IPv4 identification is drawn at random (RFC 7915 §5.1): it and the header's checksum are not compared by bytes. */
static bool same(const uint8_t *got, const uint8_t *expected, uint32_t len) {
  if (expected[0] != 0x45) return memcmp(got, expected, len) == 0;
  uint32_t sum = 0;
  for (int i = 0; i < 20; i += 2) sum += (uint32_t)(got[i] << 8 | got[i + 1]);
  sum = (sum & 0xffff) + (sum >> 16);
  if (sum != 0xffff && sum + 0x10000 != 0x1fffe) return false;
  return memcmp(got, expected, 4) == 0 && memcmp(got + 6, expected + 6, 4) == 0 &&
         memcmp(got + 12, expected + 12, len - 12) == 0;
}

static void measure(uint32_t size, const uint32_t *at, uint32_t empty) {
  uint32_t count = *at++;
  while (count--) {
    const uint32_t port = at[0], len = at[1], out_port = at[2], out_len = at[3];
    const uint8_t *in = (const uint8_t *)(at + 4), *out = in + 4 * words(len);
    at += 4 + words(len) + words(out_len);
    struct sent sent = {0};
    uint32_t start = board_stamp();
    uint8_t *buffer = subject_buffer(port);
    uint32_t cost = board_stamp() - start - empty;
    memcpy(buffer, in, len);
    start = board_stamp();
    uint32_t frames = subject_frame(port, len, &sent);
    cost += board_stamp() - start - empty;
    if (frames != 1) board_fail(frames ? "more than one frame left" : "no frame left");
    if (sent.port != out_port || sent.len != out_len) board_fail("another port or length than expected");
    if (!same(sent.frame, out, out_len)) board_fail("another frame than expected");
    put("size ");
    put_number(size);
    put(" ");
    put_number(cost);
    put("\n");
  }
}

int main(void) {
  uint32_t start = board_stamp();
  uint32_t empty = board_stamp() - start;
  subject_start();
  replay(tape_setup);
  for (uint32_t size = 0; size < tape_cases[0]; size++) measure(size, tape_cases + tape_cases[1 + size], empty);
  put("end\n");
  board_end();
}
