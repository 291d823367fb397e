/* Checksums of a frame and of all packets inside it: IPv4 headers, ICMP, ICMPv6, UDP, TCP, mobility headers. */
#ifndef SIXFOLD_CHECKSUMS_H
#define SIXFOLD_CHECKSUMS_H

#include <stdint.h>

enum checksums { CHECKSUMS_RIGHT, CHECKSUMS_UNKNOWN /* fragments, headers that end early */, CHECKSUMS_WRONG };

/* `frame`: Ethernet II, or a packet that begins with its IP version. */

/* Puts them right, so that the fuzzer does not have to guess them. What is too short or unknown stays as it is. */
void checksums_fix(uint8_t *frame, uint32_t len);
/* The worst that was found. */
enum checksums checksums_check(const uint8_t *frame, uint32_t len);

#endif
