/* Records as nobody should keep them: one place for each id, erased and written again. The harness must find it out. */
#include <string.h>

#include "port.h"
#include "records.h"

static uint32_t sequence;

void records_open(void) { port_flash_read(4, &sequence, 4); }
bool records_put(uint32_t id, const void *bytes, uint32_t len) {
  uint32_t head[3] = {len, ++sequence, id};
  uint8_t data[64] = {0};
  memcpy(data, bytes, len);
  return port_flash_erase(0) && port_flash_program(0, head, sizeof head) && port_flash_program(sizeof head, data, sizeof data);
}
uint32_t records_get(uint32_t id, void *to, uint32_t room) {
  uint32_t head[3];
  port_flash_read(0, head, sizeof head);
  if (head[2] != id || head[0] > 64) return 0;
  port_flash_read(sizeof head, to, head[0] < room ? head[0] : room);
  return head[0];
}
uint32_t records_next(uint32_t *at) {
  uint32_t head[3];
  port_flash_read(0, head, sizeof head);
  return (*at)++ || head[0] - 1 > 63 ? 0 : head[2];
}
uint32_t records_sequence(void) { return sequence; }
void records_prepare(void) {}
