/* Text on the console, without printf: a line is built in one buffer and written at its end. */
#ifndef SIXFOLD_CONSOLE_H
#define SIXFOLD_CONSOLE_H

#include <stdint.h>

void say(const char *text);
void say_number(uint32_t n);
void say_hex(const uint8_t *bytes, uint32_t len);
/* Eight digits: the lower half, where addresses are longer. */
void say_address(uintptr_t address);
/* As RFC 5952 has it: a serial line is slow. */
void say_ip6(const uint8_t *address);
/* Ends the line. */
void say_line(const char *text);

enum { UNHEX_WRONG = -1, UNHEX_TOO_LONG = -2 };
/* Bytes of hexadecimal digits, two each: how many they are, or why they cannot be. `to` may be `hex` itself. */
int32_t unhex(const char *hex, uint8_t *to, uint32_t room);

/* Bytes that came: a whole line without its end, or 0. Valid until the next call. Longer lines are cut off. */
char *console_line(void);

#endif
