/* The subject is lwIP: Ethernet interfaces and no operating system. A frame lies in a buffer that the driver owns (a custom pbuf:
 * no allocation), two bytes behind a multiple of four, so that its IPv6 header is aligned, and leaves from where it lies.
 *
 * lwIP has no table of routes: what is not on link goes to a default router, which the setup makes known by a Router Advertisement. */
#include <lwip/ethip6.h>
#include <lwip/init.h>
#include <lwip/nd6.h>
#include <lwip/netif.h>
#include <netif/ethernet.h>
#include <string.h>

#include "abi.h"
#include "board.h"
#include "subject.h"

enum { PORTS = 2, FRAME = 1520, BUFFERS = 4 };

static struct netif ports[PORTS];
static struct sent *sent_now;
static uint32_t sent_frames;

struct buffer {
  struct pbuf_custom pbuf; /* first: pbuf_free hands it back */
  struct buffer *next;
  uint8_t frame[FRAME] __attribute__((aligned(4)));
};
static struct buffer buffers[BUFFERS], *unused, *lent;

uint32_t sys_now(void) { return 1000; }

void board_assertion(const char *reason) { board_fail(reason); }

void board_copy(void *to, const void *from, size_t len) {
  if ((((uintptr_t)to | (uintptr_t)from) & 3) == 0) {
    uint32_t *words_to = to;
    const uint32_t *words_from = from;
    for (; len >= 16; len -= 16, words_to += 4, words_from += 4) {
      uint32_t a = words_from[0], b = words_from[1], c = words_from[2], d = words_from[3];
      words_to[0] = a, words_to[1] = b, words_to[2] = c, words_to[3] = d;
    }
    to = words_to, from = words_from;
  }
  memcpy(to, from, len);
}

static void give_back(struct pbuf *p) {
  struct buffer *buffer = (struct buffer *)p;
  buffer->next = unused;
  unused = buffer;
}

static err_t transmit(struct netif *netif, struct pbuf *p) {
  sent_frames++;
  *sent_now = (struct sent){(uint32_t)(netif - ports), p->tot_len - ETH_PAD_SIZE, (uint8_t *)p->payload + ETH_PAD_SIZE};
  return ERR_OK;
}

static err_t bring_up(struct netif *netif) {
  netif->hwaddr_len = 6;
  netif->mtu = 1500;
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
  netif->linkoutput = transmit;
  netif->output_ip6 = ethip6_output;
  return ERR_OK;
}

void subject_start(void) {
  static struct sent nowhere;
  sent_now = &nowhere;
  lwip_init();
  for (int i = 0; i < BUFFERS; i++) give_back((struct pbuf *)&buffers[i]);
}

void subject_clock(uint64_t ms) { (void)ms; }

/* Two messages of assembly/abi/message.ts, one at a time: PORT {u8 number, u8 kind, u16 mtu, mac} and ADDRESS {u8 port, u8 bits, u16, address}. */
void subject_configure(const uint8_t *message, uint32_t len) {
  enum { HEAD = 4 };
  const uint8_t *value = message + HEAD;
  struct netif *port = &ports[value[0]];
  (void)len;
  if (message[0] == MESSAGE_PORT) {
    memcpy(port->hwaddr, value + 4, 6);
    netif_add_noaddr(port, 0, bring_up, ethernet_input);
    netif_create_ip6_linklocal_address(port, 1);
    netif_ip6_addr_set_state(port, 0, IP6_ADDR_PREFERRED);
    netif_set_up(port);
    netif_set_link_up(port);
  } else if (message[0] == MESSAGE_ADDRESS) {
    ip6_addr_t own;
    memcpy(own.addr, value + 4, 16);
    netif_ip6_addr_set(port, 1, &own);
    netif_ip6_addr_set_state(port, 1, IP6_ADDR_PREFERRED);
  } else {
    board_fail("lwIP has no such setting here");
  }
}

void subject_tick(void) {}
void subject_drain(void) {}

uint8_t *subject_buffer(uint32_t port) {
  (void)port;
  lent = unused;
  if (!lent) board_fail("lwIP holds all buffers");
  unused = lent->next;
  return lent->frame + ETH_PAD_SIZE;
}

uint32_t subject_frame(uint32_t port, uint32_t len, struct sent *sent) {
  sent_frames = 0;
  sent_now = sent;
  lent->pbuf.custom_free_function = give_back;
  struct pbuf *p = pbuf_alloced_custom(PBUF_RAW, (u16_t)(len + ETH_PAD_SIZE), PBUF_POOL, &lent->pbuf, lent->frame, FRAME);
  if (ports[port].input(p, &ports[port]) != ERR_OK) pbuf_free(p);
  return sent_frames;
}
