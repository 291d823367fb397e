/* What every frame that leaves the image must be. */
#ifndef SIXFOLD_FUZZ_FRAMES_H
#define SIXFOLD_FUZZ_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

struct frame_rules {
  uint32_t mtu; /* of the IP packet */
  uint8_t mac[6];
  bool checksums;  /* must be right */
  bool hop_limits; /* must be above 0 on a link */
};

/* Null, or what is wrong with an Ethernet frame. */
const char *frame_fault_ethernet(const uint8_t *frame, uint32_t len, const struct frame_rules *rules);
/* The same for a packet without a link header, IPv4 or IPv6. */
const char *frame_fault_ip(const uint8_t *packet, uint32_t len, const struct frame_rules *rules);

#endif
