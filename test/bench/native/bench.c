/* bench SETUP CASES...: replays the setup, compares what comes out for every case with what is expected, then serves rounds:
 * a line "<file's index> <packets>" on stdin is answered by "<nanoseconds>" on stdout. Exit 1 when an output differs. */
#include <string.h>
#include <time.h>

#include "subject.h"

/* Frames handed in before the outputs are taken, as a driver does that polls. */
enum { BURST = 8, FILES_MAX = 32 };

static const struct tape_case *expected, *expected_end;

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

/* An IPv4 identification is drawn at random, RFC 7915 section 5.1, and the header's checksum goes with it: both are taken
 * for what they are if the checksum is right. */
static int same(const uint8_t *frame, const uint8_t *out, uint32_t len) {
  if (out[0] != 0x45) return memcmp(frame, out, len) == 0;
  uint32_t sum = 0;
  for (int i = 0; i < 20; i += 2) sum += (uint32_t)(frame[i] << 8 | frame[i + 1]);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  if (sum != 0xffff) fail("wrong checksum of an IPv4 header");
  return memcmp(frame, out, 4) == 0 && memcmp(frame + 6, out + 6, 4) == 0 && memcmp(frame + 12, out + 12, len - 12) == 0;
}

static void compare(uint32_t port, const uint8_t *frame, uint32_t len) {
  if (expected == expected_end) fail("more frames came out than were expected");
  const struct tape_case *c = expected++;
  if (port == c->out_port && len == c->out_len && same(frame, c->out, len)) return;
  fprintf(stderr, "port %u, %u bytes came out; port %u, %u bytes were expected\n", port, len, c->out_port, c->out_len);
  for (uint32_t i = 0; i < len && i < c->out_len; i++) {
    if (frame[i] == c->out[i]) continue;
    fprintf(stderr, "the first difference is at byte %u: %02x, not %02x\n", i, frame[i], c->out[i]);
    break;
  }
  exit(1);
}

static void verify(const struct tape_cases *cases) {
  for (uint32_t i = 0; i < cases->count; i += BURST) {
    uint32_t n = cases->count - i < BURST ? cases->count - i : BURST;
    expected = cases->at + i;
    expected_end = expected + n;
    if (subject_burst(cases->at + i, n, compare) != n) fail("a frame did not come out");
  }
}

/* Of this thread's work, so that other programs of the machine do not count. */
static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Count of cases must be a multiple of BURST. */
static uint64_t measure(const struct tape_cases *cases, uint32_t packets) {
  uint32_t out = 0, at = 0;
  uint64_t start = now();
  for (uint32_t i = 0; i < packets; i += BURST) {
    out += subject_burst(cases->at + at, BURST, 0);
    at += BURST;
    if (at == cases->count) at = 0;
  }
  uint64_t took = now() - start;
  if (out != packets) fail("frames were lost while measuring");
  return took;
}

int main(int argc, char **argv) {
  struct tape_cases files[FILES_MAX];
  int count = argc - 2;
  if (count < 1 || count > FILES_MAX) {
    fprintf(stderr, "usage: %s SETUP CASES...\n", argv[0]);
    return 2;
  }
  subject_start();
  const uint8_t *at = tape_load(argv[1]);
  for (struct tape_step step; (step = tape_next(&at)).op != TAPE_END;) subject_step(&step);
  for (int i = 0; i < count; i++) {
    files[i] = tape_cases(argv[2 + i]);
    if (files[i].count % BURST) fail("the number of cases must be a multiple of the burst");
    verify(&files[i]);
  }
  puts("ready");
  fflush(stdout);
  for (unsigned index, packets; scanf("%u %u", &index, &packets) == 2 && index < (unsigned)count;) {
    printf("%llu\n", (unsigned long long)measure(&files[index], packets - packets % BURST));
    fflush(stdout);
  }
  return 0;
}
