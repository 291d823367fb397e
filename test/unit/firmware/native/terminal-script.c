/* The RP2040's console ring (boards/rp2040-w5500/terminal.c), as standard input says; lines are 0 (UART) and 1 (USB):
 *
 *     open LINE 0|1
 *     write N LEN       a line of text: the number, filled up to LEN characters
 *     take LINE ROOM    what a line takes, once
 *
 * Standard output: what line 0 took, then a zero byte, then what line 1 took. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../../boards/rp2040-w5500/terminal.h"

enum { TAKEN_MAX = 1 << 22 };
static struct {
  char *bytes;
  uint32_t len;
} taken[LINES];

int main(void) {
  char word[8], text[512];
  for (int i = 0; i < LINES; i++) taken[i].bytes = malloc(TAKEN_MAX);
  while (scanf("%7s", word) == 1) {
    unsigned a, b;
    if (scanf("%u %u", &a, &b) != 2) return 3;
    if (strcmp(word, "open") == 0) terminal_open((enum terminal_line)a, b != 0);
    else if (strcmp(word, "write") == 0) {
      int len = snprintf(text, sizeof text, "%0*u\n", (int)b, a);
      terminal_write(text, (uint32_t)len);
    } else if (strcmp(word, "take") == 0) {
      uint8_t *to = malloc(b);
      uint32_t len = terminal_take((enum terminal_line)a, to, b);
      if (taken[a].len + len > TAKEN_MAX) return 3;
      memcpy(taken[a].bytes + taken[a].len, to, len);
      taken[a].len += len;
      free(to);
    } else return 3;
  }
  fwrite(taken[0].bytes, taken[0].len, 1, stdout);
  putchar(0);
  fwrite(taken[1].bytes, taken[1].len, 1, stdout);
  for (int i = 0; i < LINES; i++) free(taken[i].bytes);
}
