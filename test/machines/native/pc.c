/* This computer: tape from stdin, transcript to stdout. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>

uint32_t machine_read(void *to, uint32_t size) { return (uint32_t)fread(to, 1, size, stdin); }

void machine_write(const void *from, uint32_t size) {
  if (fwrite(from, 1, size, stdout) != size) machine_exit("the transcript cannot be written");
}

uint32_t machine_cost(void) { return 0; }

void machine_exit(const char *reason) {
  fflush(stdout);
  if (reason) fprintf(stderr, "%s\n", reason);
  exit(reason ? 1 : 0);
}
