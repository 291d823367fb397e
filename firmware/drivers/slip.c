/* See slip.h. */
#include "slip.h"

enum { END = 0xc0, ESC = 0xdb, ESC_END = 0xdc, ESC_ESC = 0xdd };

static uint8_t *place(struct slip_queue *q, uint32_t position) { return &q->bytes[position % SLIP_QUEUE]; }

void slip_put(struct slip_queue *q, uint8_t byte) {
  if (byte == END && q->dropping) {
    q->dropping = false;
    q->lost++;
  } else if (q->dropping || (byte == END && q->in == q->start)) {
    return;
  } else if (q->in - q->out == SLIP_QUEUE) {
    q->in = q->start;
    q->dropping = byte != END;
    q->lost += byte == END;
  } else {
    *place(q, q->in) = byte;
    q->in++;
    if (byte != END) return;
    q->start = q->in;
    q->whole_in++;
  }
}

uint32_t slip_take(struct slip_queue *q, uint8_t *to, uint32_t room) {
  while (q->whole_in != q->whole_out) {
    uint32_t len = 0, at = q->out;
    bool escaped = false, sound = true;
    for (uint8_t byte; (byte = *place(q, at++)) != END;) {
      if (byte == ESC && !escaped) {
        escaped = true;
        continue;
      }
      if (escaped) {
        sound &= byte == ESC_END || byte == ESC_ESC;
        byte = byte == ESC_END ? END : ESC;
        escaped = false;
      }
      if (len < room) to[len] = byte;
      len++;
    }
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    q->out = at;
    q->whole_out++;
    if (sound && !escaped) return len;
    q->broken++;
  }
  return 0;
}

bool slip_send(struct slip_queue *q, const uint8_t *packet, uint32_t len) {
  uint32_t size = len + 2;
  for (uint32_t i = 0; i < len; i++) size += packet[i] == END || packet[i] == ESC;
  if (size > SLIP_QUEUE - (q->in - q->out)) return false;
  uint32_t at = q->in;
  /* Ends whatever noise the line had. */
  *place(q, at++) = END;
  for (uint32_t i = 0; i < len; i++) {
    uint8_t byte = packet[i];
    bool special = byte == END || byte == ESC;
    if (special) *place(q, at++) = ESC;
    *place(q, at++) = !special ? byte : byte == END ? ESC_END : ESC_ESC;
  }
  *place(q, at++) = END;
  /* The interrupt sees the bytes before it sees that they are there. */
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  q->in = at;
  return true;
}
int slip_next(struct slip_queue *q) {
  if (q->in == q->out) return -1;
  int byte = *place(q, q->out);
  q->out++;
  return byte;
}
