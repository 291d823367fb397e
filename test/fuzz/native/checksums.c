/* See checksums.h. Inner packets come first: an outer ICMPv6 checksum covers them. */
#include "checksums.h"

#include <stddef.h>

enum { DEPTH = 6, HEADERS = 16 };
enum {
  HOP_BY_HOP = 0,
  ICMP4 = 1,
  IP4 = 4,
  TCP = 6,
  UDP = 17,
  IP6 = 41,
  ROUTING = 43,
  FRAGMENT = 44,
  ICMP6 = 58,
  OPTIONS = 60,
  MH = 135,
};

static uint32_t add(uint32_t sum, const uint8_t *p, uint32_t len) {
  for (uint32_t i = 0; i < len; i++) sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
  return sum;
}

static void store(uint8_t *at, uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  at[0] = (uint8_t)(~sum >> 8);
  at[1] = (uint8_t)~sum;
}

/* Where the checksum of an upper layer lies; 0 where it has none. */
static uint32_t offset_of(uint8_t protocol) {
  switch (protocol) {
    case TCP:
      return 16;
    case UDP:
      return 6;
    case ICMP6:
    case ICMP4:
      return 2;
    case MH:
      return 4;
    default:
      return 0;
  }
}

/* `pseudo`: the sum of both addresses; ICMPv4 has no pseudo-header. */
static void upper(uint8_t *p, uint32_t len, uint8_t protocol, uint32_t pseudo) {
  uint32_t at = offset_of(protocol);
  if (!at || len < at + 2) return;
  p[at] = p[at + 1] = 0;
  store(p + at, add(protocol == ICMP4 ? 0 : pseudo + len + protocol, p, len));
}

static void packet(uint8_t *p, uint32_t len, int depth);

static void packet4(uint8_t *p, uint32_t len, int depth) {
  uint32_t header = (p[0] & 15) * 4u;
  uint32_t total = (uint32_t)(p[2] << 8 | p[3]);
  if (header < 20 || total < header || total > len) return;
  p[10] = p[11] = 0;
  store(p + 10, add(0, p, header));
  if ((p[6] & 0x3f) || p[7]) return; /* a fragment */
  if (p[9] == IP6 || p[9] == IP4) packet(p + header, total - header, depth + 1);
  upper(p + header, total - header, p[9], add(0, p + 12, 8));
}

/* The home address of a Home Address option (RFC 6275 §6.3) in the destination options at p, or null: it stands for the
 * source in the pseudo-header. */
static const uint8_t *home_address(const uint8_t *p, uint32_t len) {
  for (uint32_t i = 2; i + 18 <= len;) {
    if (p[i] == 0xc9 && p[i + 1] == 16) return p + i + 2;
    i += p[i] == 0 ? 1 : 2u + p[i + 1];
  }
  return NULL;
}

static void packet6(uint8_t *p, uint32_t len, int depth) {
  uint32_t end = 40 + (uint32_t)(p[4] << 8 | p[5]);
  uint32_t at = 40;
  const uint8_t *source = p + 8, *destination = p + 24;
  uint8_t next = p[6];
  if (end > len) return;
  for (int i = 0; i < HEADERS && at + 8 <= end; i++) {
    const uint8_t *h = p + at;
    uint32_t size = next == FRAGMENT ? 8 : (h[1] + 1u) * 8;
    if (next == IP6 || next == IP4) return packet(p + at, end - at, depth + 1);
    if (next != HOP_BY_HOP && next != ROUTING && next != OPTIONS && next != FRAGMENT) break;
    if (next == FRAGMENT && (h[2] || h[3] & 0xf9)) return;
    if (at + size > end) return;
    if (next == OPTIONS && home_address(h, size)) source = home_address(h, size);
    if (next == ROUTING && h[2] == 2 && size >= 24) destination = h + 8; /* RFC 6275 §6.4 */
    next = h[0];
    at += size;
  }
  upper(p + at, end - at, next, add(add(0, source, 16), destination, 16));
}

static void packet(uint8_t *p, uint32_t len, int depth) {
  if (depth > DEPTH) return;
  if (len >= 40 && p[0] >> 4 == 6) packet6(p, len, depth);
  if (len >= 20 && p[0] >> 4 == 4) packet4(p, len, depth);
}

void fix_checksums(uint8_t *frame, uint32_t len) {
  int ethernet = len >= 14 && ((frame[12] == 0x86 && frame[13] == 0xdd) || (frame[12] == 0x08 && frame[13] == 0x00));
  packet(ethernet ? frame + 14 : frame, ethernet ? len - 14 : len, 0);
}
