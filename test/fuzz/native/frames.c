/* See frames.h. */
#include "frames.h"

#include <stddef.h>
#include <string.h>

#include "checksums.h"

enum { ETHER = 14, IP6 = 40, ICMP6 = 58, REPORT = 143, SOLICITATION = 135, REDIRECT = 137, FIRST_ND = 133 };

static const uint8_t unspecified[16];
static const uint8_t loopback[16] = {[15] = 1};

static uint32_t be16(const uint8_t *p) { return (uint32_t)(p[0] << 8 | p[1]); }

/* Neighbour discovery crosses no router, RFC 4861 §6.1: what is from this link has hop limit 255. */
static const char *fault_nd(const uint8_t *packet) {
  const uint8_t *source = packet + 8, *icmp = packet + IP6;
  bool local = source[0] == 0xfe && source[1] >> 6 == 2, nobody = memcmp(source, unspecified, 16) == 0;
  if (icmp[0] < FIRST_ND || icmp[0] > REDIRECT || !(local || nobody)) return NULL;
  if (icmp[1]) return "neighbour discovery with a code";
  return packet[7] == 255 ? NULL : "neighbour discovery with a hop limit below 255";
}
static const char *fault6(const uint8_t *packet, uint32_t len) {
  const uint8_t *source = packet + 8, *destination = packet + 24;
  if (len < IP6 || IP6 + be16(packet + 4) != len) return "payload length and frame differ";
  if (source[0] == 0xff) return "from a multicast address";
  if (memcmp(source, loopback, 16) == 0 || memcmp(destination, loopback, 16) == 0) return "a loopback address";
  if (memcmp(destination, unspecified, 16) == 0) return "to the unspecified address";
  if (memcmp(source, unspecified, 16) == 0 && destination[0] != 0xff) return "from nobody to somebody";
  return NULL;
}
static const char *fault4(const uint8_t *packet, uint32_t len) {
  uint32_t header = (packet[0] & 15u) * 4;
  if (len < 20 || header < 20 || header > len || be16(packet + 2) != len) return "IPv4 total length and packet differ";
  return packet[8] ? NULL : "time to live 0";
}

const char *frame_fault_ip(const uint8_t *packet, uint32_t len, const struct frame_rules *rules) {
  const char *fault = "neither IPv4 nor IPv6";
  if (len == 0) return "empty";
  if (packet[0] >> 4 == 6) fault = fault6(packet, len);
  if (packet[0] >> 4 == 4) fault = fault4(packet, len);
  if (fault) return fault;
  if (len > rules->mtu) return "larger than the link's MTU";
  return rules->checksums && checksums_check(packet, len) == CHECKSUMS_WRONG ? "a wrong checksum" : NULL;
}
const char *frame_fault_ethernet(const uint8_t *frame, uint32_t len, const struct frame_rules *rules) {
  if (len < ETHER + IP6 || frame[12] != 0x86 || frame[13] != 0xdd || frame[ETHER] >> 4 != 6) return "not IPv6";
  const uint8_t *destination = frame + ETHER + 24;
  if (memcmp(frame + 6, rules->mac, 6)) return "from another link address";
  bool group = frame[0] == 0x33 && frame[1] == 0x33 && memcmp(frame + 2, destination + 12, 4) == 0;
  if (destination[0] == 0xff && !group) return "a group's packet to another link address";
  if (frame[ETHER + 7] == 0 && rules->hop_limits) return "hop limit 0";
  const char *fault = frame_fault_ip(frame + ETHER, len - ETHER, rules);
  /* To an application goes what came for it. */
  if (!fault && frame[ETHER + 6] == ICMP6 && len >= ETHER + IP6 + 4) fault = fault_nd(frame + ETHER);
  return fault;
}
