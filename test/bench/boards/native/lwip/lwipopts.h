/* lwIP as the issue of a small board would have it: IPv6, ICMPv6, neighbour discovery, MLD, UDP and raw; no IPv4, no TCP, no
 * operating system, no statistics, no assertions; one unrolled checksum over 32-bit words, headers aligned. */
#ifndef SIXFOLD_LWIPOPTS_H
#define SIXFOLD_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_TIMERS 0
#define LWIP_STATS 0
#define LWIP_NOASSERT 1

#define LWIP_IPV4 0
#define LWIP_IPV6 1
#define LWIP_IPV6_FORWARD 1
#define LWIP_IPV6_FRAG 1
#define LWIP_IPV6_REASS 1
#define LWIP_IPV6_SCOPES 0
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 0
#define LWIP_ARP 0
#define LWIP_ETHERNET 1
#define LWIP_TCP 0
#define LWIP_UDP 1
#define LWIP_RAW 1
#define LWIP_NETIF_TX_SINGLE_PBUF 1

#define ETH_PAD_SIZE 2
#define LWIP_CHKSUM_ALGORITHM 3
#define MEM_ALIGNMENT 4
#define MEM_SIZE 4096
#define PBUF_POOL_SIZE 0
#define LWIP_SUPPORT_CUSTOM_PBUF 1

/* picolibc's memcpy moves bytes on these processors. */
#define MEMCPY(to, from, len) board_copy(to, from, len)

#endif
