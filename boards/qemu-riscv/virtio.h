/* Network devices of the virt machine: virtio 1.1 over MMIO, polled (OASIS virtio-v1.1 §4.2, §5.1). */
#ifndef SIXFOLD_VIRTIO_H
#define SIXFOLD_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

enum { VIRTIO_DEVICES = 3, VIRTIO_FRAME_MAX = 1524 };

/* Finds the network devices; they count in the order of the command line. Gives how many there are. */
uint32_t virtio_start(void);
void virtio_mac(uint32_t device, uint8_t mac[6]);
/* The frame that waits `nth` (from 0) in the queue: its length, 0 = none. */
uint32_t virtio_peek(uint32_t device, uint32_t nth, const uint8_t **frame);
/* Gives the oldest frame's buffer back. */
void virtio_drop(uint32_t device);
/* False: the queue is full. */
bool virtio_send(uint32_t device, const uint8_t *frame, uint32_t len);
/* Frames that a receive queue holds. */
uint32_t virtio_room(void);
/* The devices' interrupts, for the wait of an idle processor: unmasks them, and clears what is pending. */
void virtio_interrupts(void);

#endif
