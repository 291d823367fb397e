/* The console's commands that save a configuration, one a line of standard input; what it says goes to standard output. Besides:
 *
 *     start N      a start with the image that has the hash N00…: "holds LEN FIRST-BYTE" */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "configuration.h"
#include "cut-flash.h"
#include "records.h"
#include "saved.h"

struct manifest manifest_of_test = {.magic = "SIXFOLD1", .hash = {1}};
extern const struct manifest manifest __attribute__((alias("manifest_of_test")));

void port_write(const char *text, uint32_t len) { fwrite(text, len, 1, stdout); }
int port_read(void) { return -1; }

int main(void) {
  char line[512];
  cut_begin(-1, false);
  records_open();
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (strncmp(line, "start ", 6) == 0) {
      manifest_of_test.hash[0] = (uint8_t)atoi(line + 6);
      records_open();
      struct messages now = saved_or_built_in();
      if (now.length) printf("holds %u %u\n", now.length, now.bytes[now.length - 1]);
    } else if (strcmp(line, "forget") == 0) saved_forget();
    else if (strncmp(line, "save ", 5) == 0) saved_command(line + 5);
    else return 3;
  }
}
