/* firmware/console.c as a filter: a line of 32 hexadecimal digits is an address that it says, any other it says as it is. */
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "port.h"

void port_write(const char *text, uint32_t len) { fwrite(text, len, 1, stdout); }
int port_read(void) {
  int c = getchar();
  return c == EOF ? -1 : c;
}

int main(void) {
  uint8_t address[16];
  for (char *line; (line = console_line()) != 0;) {
    if (unhex(line, address, sizeof address) == sizeof address) say_ip6(address);
    else say(line);
    say_line("");
  }
}
