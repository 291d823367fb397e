/* firmware/drivers/slip.c: any bytes from the line, and packets that are sent and come back. Steps:
 *
 *     0 = bytes from the line: {u8 n, n bytes}   1 = take: {u16 room}   2 = there and back: {u16 n, n bytes} */
#include <string.h>

#include "input.h"
#include "slip.h"

static void check(const struct slip_queue *q) {
  promised(q->in - q->out <= SLIP_QUEUE, "no more bytes than the queue holds");
  promised(q->in - q->start <= SLIP_QUEUE, "a packet begins in the queue");
}
static void there_and_back(struct slip_queue *line, const uint8_t *packet, uint32_t len) {
  static struct slip_queue far;
  static uint8_t back[SLIP_QUEUE];
  memset(&far, 0, sizeof far);
  if (!slip_send(line, packet, len)) return;
  for (int byte; (byte = slip_next(line)) >= 0;) slip_put(&far, (uint8_t)byte);
  uint32_t got = slip_take(&far, back, sizeof back);
  promised(got == len && memcmp(back, packet, len) == 0, "a packet comes as it was sent");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct slip_queue received, sending;
  struct input in = {data, data + size};
  memset(&received, 0, sizeof received);
  memset(&sending, 0, sizeof sending);
  while (in.at < in.end) {
    const uint8_t *bytes;
    switch (input_8(&in) % 3) {
      case 0:
        for (uint32_t n = input_bytes(&in, &bytes, input_8(&in)); n; n--) slip_put(&received, *bytes++);
        break;
      case 1: {
        uint32_t room = input_16(&in) % 2048;
        uint8_t *to = malloc(room ? room : 1); /* behind it nothing may be written */
        promised(slip_take(&received, to, room) < SLIP_QUEUE, "a packet is shorter than the queue");
        free(to);
        break;
      }
      default: {
        uint32_t n = input_bytes(&in, &bytes, input_16(&in) % 2048);
        there_and_back(&sending, bytes, n);
      }
    }
    check(&received);
  }
  return 0;
}
