/* A SLIP queue as standard input says; packets are hexadecimal, "-" is an empty one:
 *
 *     line HEX     bytes come from the line
 *     take ROOM    "took LEN HEX" or "none"
 *     send HEX     "sent" or "no room"
 *     drain        "line HEX": what goes to the line
 *     counts       "lost N broken N" */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slip.h"

static struct slip_queue in, out;
static char text[2 * 65536 + 2];

static uint32_t parse(uint8_t *to) {
  uint32_t len = 0;
  if (text[0] == '-') return 0;
  for (unsigned byte; sscanf(text + 2 * len, "%2x", &byte) == 1;) to[len++] = (uint8_t)byte;
  return len;
}
int main(void) {
  static uint8_t bytes[65536];
  char word[16];
  while (scanf("%15s", word) == 1) {
    if (strcmp(word, "line") == 0) {
      if (scanf("%131073s", text) != 1) return 3;
      uint32_t len = parse(bytes);
      for (uint32_t i = 0; i < len; i++) slip_put(&in, bytes[i]);
    } else if (strcmp(word, "take") == 0) {
      uint32_t room;
      if (scanf("%u", &room) != 1) return 3;
      /* Of just that size, so that a byte too many is found. */
      uint8_t *to = malloc(room ? room : 1);
      uint32_t len = slip_take(&in, to, room);
      if (len == 0) puts("none");
      else {
        printf("took %u ", len);
        for (uint32_t i = 0; i < len && i < room; i++) printf("%02x", to[i]);
        puts("");
      }
      free(to);
    } else if (strcmp(word, "send") == 0) {
      if (scanf("%131073s", text) != 1) return 3;
      uint32_t len = parse(bytes);
      uint8_t *packet = malloc(len ? len : 1);
      memcpy(packet, bytes, len);
      puts(slip_send(&out, packet, len) ? "sent" : "no room");
      free(packet);
    } else if (strcmp(word, "drain") == 0) {
      printf("line ");
      for (int byte; (byte = slip_next(&out)) >= 0;) printf("%02x", byte);
      puts("");
    } else if (strcmp(word, "counts") == 0) printf("lost %u broken %u\n", in.lost, in.broken);
    else return 3;
  }
}
