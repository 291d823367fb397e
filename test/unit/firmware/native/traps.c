/* firmware/main.c on a board of nothing but a clock, a console and a flash in a file, with a core that does what standard input says:
 *
 *     run MS       a turn that takes so long
 *     trap MS      the same, with a trap at its end
 *     type TEXT    a line at the console
 *
 * Argument-less, as main() is the firmware's: FLASH names the file, WATCHDOG=1 says what started the board. Ends with the input. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "configuration.h"
#include "node.h"
#include "port.h"
#include "runtime.h"

const struct manifest manifest = {.magic = "SIXFOLD1", .image = "planted"};
uintptr_t runtime_trap_at;

static uint64_t now;
static uint8_t flash[FLASH_BLOCK * FLASH_BLOCKS];
static char typed[64];
static const char *type_at = typed;

static void keep(void) {
  FILE *file = fopen(getenv("FLASH"), "wb");
  if (!file || fwrite(flash, sizeof flash, 1, file) != 1 || fclose(file)) exit(3);
}
void port_start(void) {
  memset(flash, 0xff, sizeof flash);
  FILE *file = fopen(getenv("FLASH"), "rb");
  if (!file) return;
  if (fread(flash, sizeof flash, 1, file) != 1) exit(3);
  fclose(file);
}
uint64_t port_now_ms(void) { return now; }
bool port_was_watchdog(void) { return getenv("WATCHDOG") != 0; }
void port_write(const char *text, uint32_t len) { fwrite(text, len, 1, stdout); }
int port_read(void) { return *type_at ? *type_at++ : -1; }
void port_flash_read(uint32_t at, void *to, uint32_t len) { memcpy(to, flash + at, len); }
bool port_flash_erase(uint32_t block) {
  memset(flash + block * FLASH_BLOCK, 0xff, FLASH_BLOCK);
  return true;
}
bool port_flash_program(uint32_t at, const void *from, uint32_t len) {
  for (uint32_t i = 0; i < len; i++) flash[at + i] &= ((const uint8_t *)from)[i];
  keep();
  return true;
}
/* The next line; a line that is typed comes while the main loop waits or turns. */
static bool take(char *word, unsigned long *ms) {
  char line[64];
  if (!fgets(line, sizeof line, stdin)) exit(0);
  if (strncmp(line, "type ", 5) == 0) {
    strcpy(typed, line + 5);
    type_at = typed;
    return false;
  }
  if (sscanf(line, "%7s %lu", word, ms) != 2) exit(3);
  return true;
}
void port_watchdog(void) {}
void port_idle(uint64_t ms) {
  char word[8];
  unsigned long passed;
  (void)ms;
  /* Stopped: turns that were to be are time that passes. */
  if (take(word, &passed)) now += passed;
}

void node_start(void) { puts("core started"); }
uint64_t node_turn(void) {
  char word[8];
  unsigned long ms;
  if (!take(word, &ms)) return now;
  now += ms;
  if (strcmp(word, "trap") == 0) runtime_trapped("planted");
  return now;
}
void node_configure(const uint8_t *messages, uint32_t len) {
  printf("configured");
  for (uint32_t i = 0; i < len; i++) printf(" %02x", messages[i]);
  puts("");
}
void node_status(void) { puts("core's status"); }
