/* The console's text, whichever lines it goes out on: one ring of it, and a place in the ring for each line. The lines do not wait for
 * one another; the ring keeps the last 8 KiB, which a USB host that comes late is told. */
#ifndef SIXFOLD_TERMINAL_H
#define SIXFOLD_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

enum terminal_line { LINE_UART, LINE_USB, LINES };

/* A line begins or ends to take text. */
void terminal_open(enum terminal_line line, bool open);
/* All of the text, or nothing where the fastest line has no room for it: the next that has is preceded by "(lines lost)". */
void terminal_write(const char *text, uint32_t len);
/* From interrupts: text for a line, at most `room` bytes (not 0); how many they are. A line that lags too far ends its line of text and
 * goes on where another begins. */
uint32_t terminal_take(enum terminal_line line, uint8_t *to, uint32_t room);
bool terminal_has(enum terminal_line line);

/* From interrupts: a byte typed. It is lost where there is no room. */
void terminal_type(uint8_t byte);
/* Bytes that may be typed now. */
uint32_t terminal_room(void);
/* The next byte typed, -1 = none. */
int terminal_read(void);
bool terminal_waiting(void);

#endif
