/* See checksums.h. One walk does both: inner packets come first, for an outer ICMPv6 checksum covers them. */
#include "checksums.h"

#include <stdbool.h>
#include <stddef.h>

enum { DEPTH = 6, HEADERS = 16 };
/* ESP as the setups have it, without encryption: a header, a text, a trailer, an ICV of HMAC-SHA-256-128. */
enum { ESP_HEADER = 8, ESP_TRAILER = 2, ESP_ICV = 16 };
enum {
  HOP_BY_HOP = 0,
  ICMP4 = 1,
  IP4 = 4,
  TCP = 6,
  UDP = 17,
  IP6 = 41,
  ROUTING = 43,
  FRAGMENT = 44,
  ESP = 50,
  ICMP6 = 58,
  OPTIONS = 60,
  MH = 135,
};

static enum checksums worst(enum checksums a, enum checksums b) { return a > b ? a : b; }

static uint32_t add(uint32_t sum, const uint8_t *p, uint32_t len) {
  for (; len >= 2; p += 2, len -= 2) sum += (uint32_t)(p[0] << 8 | p[1]);
  return len ? sum + (uint32_t)(p[0] << 8) : sum;
}
/* The field's value for a sum of everything but the field. */
static uint32_t finish(uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}
static uint32_t field(const uint8_t *at) { return (uint32_t)(at[0] << 8 | at[1]); }

/* Compares the field at `at` with what it should be, or writes it there. `sum` is of what it covers, the field included. */
static enum checksums settle(uint8_t *at, uint32_t sum, bool odd_zero, bool fix) {
  uint32_t right = finish(sum + (~field(at) & 0xffff)); /* one's complement: takes the field out of the sum */
  if (right == 0 && odd_zero) right = 0xffff;
  bool equal = field(at) % 0xffff == right % 0xffff && (field(at) != 0 || !odd_zero);
  if (fix) at[0] = (uint8_t)(right >> 8), at[1] = (uint8_t)right;
  return equal || fix ? CHECKSUMS_RIGHT : CHECKSUMS_WRONG;
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

/* `pseudo`: the sum of both addresses; ICMPv4 has no pseudo-header, ICMPv6 none over IPv4. */
static enum checksums upper(uint8_t *p, uint32_t len, uint8_t protocol, uint32_t pseudo, bool over4, bool fix) {
  uint32_t at = offset_of(protocol);
  if (!at || (protocol == ICMP4) != (over4 && protocol == ICMP4)) return CHECKSUMS_RIGHT;
  if (len < at + 2) return CHECKSUMS_UNKNOWN;
  if (protocol == UDP && over4 && field(p + at) == 0 && !fix) return CHECKSUMS_RIGHT; /* RFC 768: none */
  uint32_t covered = protocol == UDP && field(p + 4) >= 8 && field(p + 4) <= len ? field(p + 4) : len;
  uint32_t sum = add(protocol == ICMP4 ? 0 : pseudo + covered + protocol, p, covered);
  return settle(p + at, sum, protocol == UDP, fix);
}

static enum checksums packet(uint8_t *p, uint32_t len, int depth, bool fix);

static enum checksums packet4(uint8_t *p, uint32_t len, int depth, bool fix) {
  uint32_t header = (p[0] & 15) * 4u, total = field(p + 2);
  if (header < 20 || total < header || total > len) return CHECKSUMS_UNKNOWN;
  enum checksums result = settle(p + 10, add(0, p, header), false, fix);
  if ((p[6] & 0x3f) || p[7]) return worst(result, CHECKSUMS_UNKNOWN); /* a fragment */
  if (p[9] == IP6 || p[9] == IP4) result = worst(result, packet(p + header, total - header, depth + 1, fix));
  return worst(result, upper(p + header, total - header, p[9], add(0, p + 12, 8), true, fix));
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

static enum checksums packet6(uint8_t *p, uint32_t len, int depth, bool fix) {
  uint32_t end = 40 + field(p + 4), at = 40;
  const uint8_t *source = p + 8, *destination = p + 24;
  uint8_t next = p[6];
  if (end > len) return CHECKSUMS_UNKNOWN;
  for (int i = 0; i < HEADERS; i++) {
    if (next == IP6 || next == IP4) return packet(p + at, end - at, depth + 1, fix);
    if (next != HOP_BY_HOP && next != ROUTING && next != OPTIONS && next != FRAGMENT && next != ESP) {
      uint32_t pseudo = add(add(0, source, 16), destination, 16);
      return upper(p + at, end - at, next, pseudo, false, fix);
    }
    if (at + 8 > end) return CHECKSUMS_UNKNOWN;
    if (next == ESP) {
      if (!fix || at + ESP_HEADER + ESP_TRAILER + ESP_ICV > end) return CHECKSUMS_UNKNOWN;
      at += ESP_HEADER;
      end -= ESP_ICV + ESP_TRAILER;
      if (p[end] > end - at) return CHECKSUMS_UNKNOWN;
      next = p[end + 1];
      end -= p[end];
      continue;
    }
    const uint8_t *h = p + at;
    uint32_t size = next == FRAGMENT ? 8 : (h[1] + 1u) * 8;
    if (next == FRAGMENT && (h[2] || h[3] & 0xf9)) return CHECKSUMS_UNKNOWN;
    if (at + size > end) return CHECKSUMS_UNKNOWN;
    if (next == OPTIONS && home_address(h, size)) source = home_address(h, size);
    if (next == ROUTING && h[2] == 2 && h[3] && size >= 24) destination = h + 8; /* RFC 6275 §6.4 */
    next = h[0];
    at += size;
  }
  return CHECKSUMS_UNKNOWN;
}

static enum checksums packet(uint8_t *p, uint32_t len, int depth, bool fix) {
  if (depth > DEPTH) return CHECKSUMS_UNKNOWN;
  if (len >= 40 && p[0] >> 4 == 6) return packet6(p, len, depth, fix);
  return len >= 20 && p[0] >> 4 == 4 ? packet4(p, len, depth, fix) : CHECKSUMS_UNKNOWN;
}

static enum checksums walk(uint8_t *frame, uint32_t len, bool fix) {
  bool ethernet = len >= 14 && ((frame[12] == 0x86 && frame[13] == 0xdd) || (frame[12] == 0x08 && frame[13] == 0x00));
  return packet(ethernet ? frame + 14 : frame, ethernet ? len - 14 : len, 0, fix);
}
void checksums_fix(uint8_t *frame, uint32_t len) { walk(frame, len, true); }
enum checksums checksums_check(const uint8_t *frame, uint32_t len) { return walk((uint8_t *)frame, len, false); }
