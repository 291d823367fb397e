/* See peers.h. The addresses are those of test/fuzz/world.ts. */
#include "peers.h"

#include <string.h>

enum { ETHER = 14, IP6 = 40 };
enum {
  IP6_IN_IP6 = 41,
  ROUTING = 43,
  UDP = 17,
  ICMP6 = 58,
  NO_NEXT = 59,
  OPTIONS = 60,
  MH = 135,
  ROUTER_SOLICITATION = 133,
  NEIGHBOUR_SOLICITATION = 135,
  ECHO_REQUEST = 128,
  AGENTS_REQUEST = 144,
  PREFIX_SOLICITATION = 146,
  HOME_TEST_INIT = 1,
  CARE_OF_TEST_INIT = 2,
  UPDATE = 5,
  ACKNOWLEDGEMENT = 6,
  EXPIRED_NONCES = 138,
  IDENTIFIER = 0x1e,
  REQUEST = 0x13,
  AUTHENTICATED = 0x12,
  REQUEST_SIZE = 32,
  REGISTRATION_PORT = 1021,
};

static const uint8_t router_mac[6] = {2, 0, 0, 0, 0, 0xaa};
static const uint8_t router[16] = {0xfe, 0x80, [15] = 1};
static const uint8_t agent[16] = {0x20, 1, 0x0d, 0xb8, 0, 1, [15] = 1};
static const uint8_t server[16] = {0x20, 1, 0x0d, 0xb8, 0, 2, [15] = 2};
static const uint8_t visited[16] = {0x20, 1, 0x0d, 0xb8, 0, 2};
static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
static const uint8_t unspecified[16];

/* Where the answer is built: Ethernet header, IPv6 header, then `end`. */
static uint8_t *out, *end;

static void put(const void *bytes, uint32_t len) {
  if (end + len > out + PEER_FRAME_MAX) return;
  memcpy(end, bytes, len);
  end += len;
}
static void put8(uint32_t v) { put(&(uint8_t){(uint8_t)v}, 1); }
static void put16(uint32_t v) { put8(v >> 8), put8(v); }
static void put32(uint32_t v) { put16(v >> 16), put16(v); }

static void begin(const uint8_t *heard, const uint8_t source[16], const uint8_t target[16], uint32_t next, uint32_t hops) {
  end = out;
  static const uint8_t group_mac[6] = {0x33, 0x33, 0, 0, 0, 1};
  put(target[0] == 0xff ? group_mac : heard + 6, 6);
  put(router_mac, 6);
  put16(0x86dd);
  put32(0x60000000);
  put16(0);
  put8(next), put8(hops);
  put(source, 16);
  put(target, 16);
}
static uint32_t finish(void) {
  uint32_t payload = (uint32_t)(end - out) - ETHER - IP6;
  out[ETHER + 4] = (uint8_t)(payload >> 8), out[ETHER + 5] = (uint8_t)payload;
  return (uint32_t)(end - out);
}
static void put_icmp(uint32_t type) { put8(type), put8(0), put16(0); }
static void put_link_address(uint32_t type) { put8(type), put8(1), put(router_mac, 6); }
/* Type 2 routing header, RFC 6275 §6.4. */
static void put_routing(uint32_t next, const uint8_t home[16]) {
  put8(next), put8(2), put8(2), put8(1), put32(0);
  put(home, 16);
}
/* Destination options with a Home Address option, RFC 6275 §6.3. */
static void put_home_option(uint32_t next, const uint8_t home[16]) {
  put8(next), put8(2), put8(1), put8(2), put16(0), put8(0xc9), put8(16);
  put(home, 16);
}
static void put_prefix(const uint8_t prefix[16], uint32_t flags) {
  put8(3), put8(4), put8(64), put8(flags), put32(9000), put32(9000), put32(0);
  put(prefix, 16);
}

/* RFC 4861 §7.2.4; to a probe from nobody it says that the address is taken. */
static uint32_t advertise(const uint8_t *frame, const uint8_t *icmp) {
  const uint8_t *asks = frame + ETHER + 8;
  bool anonymous = memcmp(asks, unspecified, 16) == 0;
  begin(frame, icmp + 8, anonymous ? all_nodes : asks, ICMP6, 255);
  put_icmp(136), put32(anonymous ? 0x20000000 : 0xe0000000);
  put(icmp + 8, 16);
  put_link_address(2);
  return finish();
}
static uint32_t advertise_router(const uint8_t *frame) {
  begin(frame, router, all_nodes, ICMP6, 255);
  put_icmp(134), put8(64), put8(0), put16(1800), put32(0), put32(0);
  put_link_address(1);
  put_prefix(visited, 0xc0);
  return finish();
}
static uint32_t list_agents(const uint8_t *frame, const uint8_t *icmp) {
  begin(frame, agent, frame + ETHER + 8, ICMP6, 64);
  put_icmp(145), put(icmp + 4, 2), put16(0), put32(0);
  put(agent, 16);
  return finish();
}
static uint32_t list_prefixes(const uint8_t *frame, const uint8_t home[16], const uint8_t *icmp) {
  begin(frame, agent, frame + ETHER + 8, ROUTING, 64);
  put_routing(ICMP6, home);
  put_icmp(147), put(icmp + 4, 2), put16(0);
  put_prefix(agent, 0xe0);
  return finish();
}
/*
 * RFC 6275 §10.4.1: accepted, for as long as was asked. `home` null: it came without an option, from the home link. A correspondent has
 * forgotten its nonces: that alone it may say unsigned (§9.5.4).
 */
static uint32_t acknowledge(const uint8_t *frame, const uint8_t *home, const uint8_t *mh) {
  const uint8_t *asked = frame + ETHER + 24;
  begin(frame, asked, frame + ETHER + 8, home ? ROUTING : MH, 64);
  if (home) put_routing(MH, home);
  put8(NO_NEXT), put8(1), put8(ACKNOWLEDGEMENT), put8(0), put16(0);
  put8(memcmp(asked, agent, 16) ? EXPIRED_NONCES : 0), put8(0), put(mh + 6, 2), put(mh + 10, 2);
  put32(0x01020000);
  return finish();
}
/* The mobile node registers again, with the next sequence number. */
static uint32_t update(const uint8_t *frame, const uint8_t *home, const uint8_t *mh) {
  const uint8_t *care_of = frame + ETHER + 24;
  begin(frame, care_of, agent, OPTIONS, 64);
  put_home_option(MH, home ? home : care_of);
  put8(NO_NEXT), put8(3), put8(UPDATE), put8(0), put16(0);
  put16((uint32_t)(mh[8] << 8 | mh[9]) + 1), put16(0xc000), put16(100);
  put16(0x0100), put8(3), put8(16), put(care_of, 16);
  return finish();
}
static bool is_test_init(uint32_t next, const uint8_t *mh, const uint8_t *stop) {
  return next == MH && stop - mh >= 16 && (mh[2] == HOME_TEST_INIT || mh[2] == CARE_OF_TEST_INIT);
}
/* RFC 6275 §9.4.3-9.4.4: Home Test or Care-of Test, nonce index 1, the question's cookie, some token. */
static void put_test(const uint8_t *mh) {
  put8(NO_NEXT), put8(2), put8(mh[2] + 2u), put8(0), put16(0), put16(1);
  put(mh + 8, 8), put(mh + 8, 8);
}
static uint32_t test(const uint8_t *frame, const uint8_t *mh) {
  begin(frame, frame + ETHER + 24, frame + ETHER + 8, MH, 64);
  put_test(mh);
  return finish();
}
/* From the other end of the tunnel: the packet inside with its addresses exchanged, a test of return routability answered. */
static uint32_t through_tunnel(const uint8_t *frame, uint32_t len) {
  const uint8_t *inner = frame + ETHER + IP6;
  begin(frame, frame + ETHER + 24, frame + ETHER + 8, IP6_IN_IP6, 64);
  if (is_test_init(inner[6], inner + IP6, frame + len)) {
    put32(0x60000000), put16(24), put8(MH), put8(64);
    put(inner + 24, 16), put(inner + 8, 16);
    put_test(inner + IP6);
    return finish();
  }
  put(inner, 8), put(inner + 24, 16), put(inner + 8, 16);
  put(inner + IP6, len - ETHER - 2 * IP6);
  return finish();
}
static uint32_t reflect(const uint8_t *frame, uint32_t len, bool link) {
  uint32_t head = link ? ETHER : 0, address = 16, at = head + 8;
  memcpy(out, frame, len);
  if (link) memcpy(out, frame + 6, 6), memcpy(out + 6, frame, 6);
  if (len > head && frame[head] >> 4 == 4) address = 4, at = head + 12;
  if (len < at + 2 * address) return len;
  memcpy(out + at, frame + at + address, address);
  memcpy(out + at + address, frame + at, address);
  return len;
}

/* An anycast server: the request's nonce in form 2 of its identifier, docs/anycast-identifier.md §2. */
static uint32_t identify(const uint8_t *frame, uint32_t len, const uint8_t *asked) {
  const uint8_t *upper = asked + REQUEST_SIZE;
  begin(frame, server, frame + ETHER + 8, OPTIONS, 64);
  put8(asked[0]), put8(5), put8(IDENTIFIER), put8(44), put8(AUTHENTICATED), put8(0), put(asked + 6, 2);
  put(frame + ETHER + 24, 16), put(asked + 8, 8), put(unspecified, 16);
  if (asked[0] == UDP) put(upper + 2, 2), put(upper, 2);
  else put8(upper[0] + 1u), put(upper + 1, 3);
  put(upper + 4, (uint32_t)(frame + len - upper) - 4);
  return finish();
}
/* A router accepts a registration, or a server hears that its epoch is another one: §6. */
static uint32_t confirm(const uint8_t *frame, const uint8_t *udp) {
  const uint8_t *heard = udp + 8;
  bool known = heard[23] != 0;
  begin(frame, frame + ETHER + 24, frame + ETHER + 8, UDP, 64);
  put(udp, 8);
  put(heard, 1), put8(2), put(heard + 2, 4), put8(known ? 0 : 1), put8(0), put(heard + 8, 8);
  put32(1), put32(2), put(heard + 24, 16), put(heard + 8, 8), put(unspecified, 16);
  return finish();
}
static bool is_registration(const uint8_t *udp, const uint8_t *stop) {
  return stop - udp >= 8 + 64 && udp[2] == REGISTRATION_PORT >> 8 && udp[3] == (REGISTRATION_PORT & 255);
}

uint32_t peer_answer(const uint8_t *frame, uint32_t len, bool link, uint8_t to[PEER_FRAME_MAX]) {
  out = to;
  const uint8_t *packet = frame + ETHER, *stop = frame + len;
  if (!link || len < ETHER + IP6 + 8) return reflect(frame, len, link);
  const uint8_t *upper = packet + IP6, *home = NULL;
  uint32_t next = packet[6];
  if (next == OPTIONS && upper[2] == IDENTIFIER && upper[4] == REQUEST && stop - upper >= REQUEST_SIZE + 8)
    return identify(frame, len, upper);
  if (next == UDP && is_registration(upper, stop)) return confirm(frame, upper);
  bool extended = next == OPTIONS || next == ROUTING;
  if (extended && stop - upper >= 24 + 8 && upper[1] == 2) home = upper + 8, next = upper[0], upper += 24;
  if (next == IP6_IN_IP6 && stop - upper >= IP6 && !home) return through_tunnel(frame, len);
  if (is_test_init(next, upper, stop)) return test(frame, upper);
  if (next == MH && stop - upper >= 16 && upper[2] == UPDATE) return acknowledge(frame, home, upper);
  if (next == MH && stop - upper >= 12) return update(frame, home, upper);
  if (next != ICMP6) return reflect(frame, len, link);
  if (upper[0] == NEIGHBOUR_SOLICITATION && stop - upper >= 24) return advertise(frame, upper);
  if (upper[0] == ROUTER_SOLICITATION) return advertise_router(frame);
  if (upper[0] == AGENTS_REQUEST) return list_agents(frame, upper);
  if (upper[0] == PREFIX_SOLICITATION && home) return list_prefixes(frame, home, upper);
  len = reflect(frame, len, link);
  if (upper[0] == ECHO_REQUEST) out[upper - frame]++;
  return len;
}
