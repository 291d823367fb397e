/* See virtio.h. */
#include "virtio.h"

#include <string.h>

#define REG(base, at) (*(volatile uint32_t *)((base) + (at)))

enum {
  MMIO = 0x10001000,
  SLOTS = 8,
  SLOT = 0x1000,
  /* registers */
  MAGIC = 0x00, VERSION = 0x04, DEVICE = 0x08, DRIVER_FEATURES = 0x20, DRIVER_SELECT = 0x24, QUEUE = 0x30, QUEUE_NUM = 0x38,
  QUEUE_READY = 0x44, NOTIFY = 0x50, INTERRUPT_STATUS = 0x60, INTERRUPT_ACK = 0x64, STATUS = 0x70, QUEUE_DESC = 0x80,
  QUEUE_AVAIL = 0x90, QUEUE_USED = 0xa0, CONFIG = 0x100,
  MAGIC_VALUE = 0x74726976, NETWORK = 1,
  ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8,
  DESC_WRITE = 2,
  QUEUE_SIZE = 32,
  HEADER = 12,
  /* platform-level interrupt controller: the slots are sources 1 to 8 */
  PLIC = 0x0c000000, PLIC_ENABLE = PLIC + 0x2000, PLIC_CLAIM = PLIC + 0x200004,
};

struct desc {
  uint64_t address;
  uint32_t len;
  uint16_t flags, next;
};
struct avail {
  uint16_t flags, index, ring[QUEUE_SIZE];
};
struct used {
  uint16_t flags, index;
  struct {
    uint32_t id, len;
  } ring[QUEUE_SIZE];
};
struct queue {
  struct desc desc[QUEUE_SIZE] __attribute__((aligned(16)));
  struct avail avail __attribute__((aligned(2)));
  struct used used __attribute__((aligned(4)));
  uint8_t buffers[QUEUE_SIZE][HEADER + VIRTIO_FRAME_MAX] __attribute__((aligned(8)));
};
static struct device {
  uint32_t base;
  struct queue in, out;
  uint16_t taken; /* frames taken from `in` */
} devices[VIRTIO_DEVICES];
static uint32_t count;

static void barrier(void) { __sync_synchronize(); }
static uint16_t index_of(const struct used *used) {
  barrier();
  return *(const volatile uint16_t *)&used->index;
}
static void set_queue(uint32_t base, uint32_t number, const struct queue *q) {
  REG(base, QUEUE) = number;
  REG(base, QUEUE_NUM) = QUEUE_SIZE;
  const void *parts[] = {q->desc, &q->avail, &q->used};
  static const uint32_t registers[] = {QUEUE_DESC, QUEUE_AVAIL, QUEUE_USED};
  for (int i = 0; i < 3; i++) {
    REG(base, registers[i]) = (uint32_t)parts[i];
    REG(base, registers[i] + 4) = 0;
  }
  REG(base, QUEUE_READY) = 1;
}
static void start(struct device *d, uint32_t base) {
  d->base = base;
  REG(base, STATUS) = 0;
  REG(base, STATUS) = ACKNOWLEDGE | DRIVER;
  REG(base, DRIVER_SELECT) = 1;
  REG(base, DRIVER_FEATURES) = 1; /* VIRTIO_F_VERSION_1; no offloads */
  REG(base, DRIVER_SELECT) = 0;
  REG(base, DRIVER_FEATURES) = 0;
  REG(base, STATUS) = ACKNOWLEDGE | DRIVER | FEATURES_OK;
  for (uint16_t i = 0; i < QUEUE_SIZE; i++) {
    d->in.desc[i] = (struct desc){(uint32_t)d->in.buffers[i], HEADER + VIRTIO_FRAME_MAX, DESC_WRITE, 0};
    d->in.avail.ring[i] = i;
    d->out.desc[i].address = (uint32_t)d->out.buffers[i];
    d->out.avail.ring[i] = i;
  }
  set_queue(base, 0, &d->in);
  set_queue(base, 1, &d->out);
  REG(base, STATUS) = ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK;
  barrier();
  d->in.avail.index = QUEUE_SIZE;
  REG(base, NOTIFY) = 0;
}

uint32_t virtio_start(void) {
  /* QEMU fills the slots from the last one down. */
  for (int slot = SLOTS - 1; slot >= 0 && count < VIRTIO_DEVICES; slot--) {
    uint32_t base = MMIO + (uint32_t)slot * SLOT;
    if (REG(base, MAGIC) == MAGIC_VALUE && REG(base, VERSION) == 2 && REG(base, DEVICE) == NETWORK) {
      start(&devices[count++], base);
    }
  }
  return count;
}
void virtio_mac(uint32_t device, uint8_t mac[6]) {
  for (uint32_t i = 0; i < 6; i++) mac[i] = ((volatile uint8_t *)(devices[device].base + CONFIG))[i];
}
uint32_t virtio_room(void) { return QUEUE_SIZE; }

uint32_t virtio_peek(uint32_t device, uint32_t nth, const uint8_t **frame) {
  struct device *d = &devices[device];
  if ((uint16_t)(index_of(&d->in.used) - d->taken) <= nth) return 0;
  uint32_t entry = (d->taken + nth) % QUEUE_SIZE;
  *frame = d->in.buffers[d->in.used.ring[entry].id] + HEADER;
  return d->in.used.ring[entry].len - HEADER;
}
void virtio_drop(uint32_t device) {
  struct device *d = &devices[device];
  uint32_t id = d->in.used.ring[d->taken++ % QUEUE_SIZE].id;
  d->in.avail.ring[d->in.avail.index % QUEUE_SIZE] = (uint16_t)id;
  barrier();
  d->in.avail.index++;
  barrier();
  REG(d->base, NOTIFY) = 0;
}
bool virtio_send(uint32_t device, const uint8_t *frame, uint32_t len) {
  struct device *d = &devices[device];
  uint16_t next = d->out.avail.index;
  if ((uint16_t)(next - index_of(&d->out.used)) >= QUEUE_SIZE) return false;
  /* The device uses the buffers in order (one queue, no packing), so the next one is the oldest. */
  uint32_t entry = next % QUEUE_SIZE;
  memset(d->out.buffers[entry], 0, HEADER);
  memcpy(d->out.buffers[entry] + HEADER, frame, len);
  d->out.desc[entry].len = HEADER + len;
  barrier();
  d->out.avail.index++;
  barrier();
  REG(d->base, NOTIFY) = 1;
  return true;
}

void virtio_interrupts(void) {
  for (uint32_t source = 1; source <= SLOTS; source++) REG(PLIC, 4 * source) = 1;
  REG(PLIC_ENABLE, 0) = ((1u << SLOTS) - 1) << 1;
  for (uint32_t i = 0; i < count; i++) REG(devices[i].base, INTERRUPT_ACK) = REG(devices[i].base, INTERRUPT_STATUS);
  for (uint32_t source; (source = REG(PLIC_CLAIM, 0)) != 0;) REG(PLIC_CLAIM, 0) = source;
}
