/* The subject is Debian's lwIP (liblwip0: IPv6 forwarding is on in it), two Ethernet interfaces, single-threaded: the lock
 * of its core is taken once and kept, frames go straight to ethernet_input, no thread is woken. A frame is copied once into
 * a buffer that the driver owns (a custom pbuf: no allocation), and leaves from where it lies.
 *
 * lwIP has no table of routes: whatever is not on link goes to a default router, which the setup makes known by a Router
 * Advertisement. Its destination cache has ten entries as Debian builds it. */
#include <lwip/ethip6.h>
#include <lwip/netif.h>
#include <lwip/tcpip.h>
#include <netif/ethernet.h>
#include <string.h>

#include "subject.h"

enum { PORTS = 2, FRAME = 2048, BUFFERS = 16 };

static struct netif ports[PORTS];
static subject_sink *sink_now;
static uint32_t sent;

struct buffer {
  struct pbuf_custom pbuf; /* first: pbuf_free hands it back */
  struct buffer *next;
  uint8_t frame[FRAME] __attribute__((aligned(16)));
};
static struct buffer buffers[BUFFERS], *unused;

static void give_back(struct pbuf *p) {
  struct buffer *buffer = (struct buffer *)p;
  buffer->next = unused;
  unused = buffer;
}

static err_t transmit(struct netif *netif, struct pbuf *p) {
  sent++;
  if (sink_now) sink_now((uint32_t)(netif - ports), p->payload, p->tot_len);
  return ERR_OK;
}

static err_t bring_up(struct netif *netif) {
  static const uint8_t mac[6] = {0x02, 0, 0, 0, 0, 0x10}; /* + port, as in test/bench/frames.ts */
  memcpy(netif->hwaddr, mac, 6);
  netif->hwaddr[5] += (uint8_t)(netif - ports);
  netif->hwaddr_len = 6;
  netif->mtu = 1500;
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
  netif->linkoutput = transmit;
  netif->output_ip6 = ethip6_output;
  return ERR_OK;
}

void subject_start(void) {
  tcpip_init(0, 0);
  LOCK_TCPIP_CORE();
  sys_arch_protect();
  for (int i = 0; i < BUFFERS; i++) give_back((struct pbuf *)&buffers[i]);
  for (int i = 0; i < PORTS; i++) {
    netif_add_noaddr(&ports[i], 0, bring_up, ethernet_input);
    netif_create_ip6_linklocal_address(&ports[i], 1);
    netif_ip6_addr_set_state(&ports[i], 0, IP6_ADDR_PREFERRED);
    netif_set_up(&ports[i]);
    netif_set_link_up(&ports[i]);
  }
}

static void receive(uint32_t port, const uint8_t *frame, uint32_t len) {
  struct buffer *buffer = unused;
  if (!buffer) {
    fprintf(stderr, "lwIP holds all buffers\n");
    exit(1);
  }
  unused = buffer->next;
  buffer->pbuf.custom_free_function = give_back;
  struct pbuf *p = pbuf_alloced_custom(PBUF_RAW, (u16_t)len, PBUF_POOL, &buffer->pbuf, buffer->frame, FRAME);
  memcpy(p->payload, frame, len);
  if (ports[port].input(p, &ports[port]) != ERR_OK) pbuf_free(p);
}

void subject_step(const struct tape_step *step) {
  if (step->op == TAPE_RX) receive(step->a, step->bytes, step->len);
}

uint32_t subject_burst(const struct tape_case *cases, uint32_t n, subject_sink *sink) {
  sent = 0;
  sink_now = sink;
  for (uint32_t i = 0; i < n; i++) receive(cases[i].port, cases[i].in, cases[i].len);
  return sent;
}
