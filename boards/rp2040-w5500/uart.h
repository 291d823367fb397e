/* UART0 is the console (115200 8N1), UART1 the application port (921600 8N1) with packets as SLIP. */
#ifndef SIXFOLD_UART_H
#define SIXFOLD_UART_H

#include <stdbool.h>
#include <stdint.h>

void uart_start(void);

/* There is more text for the console (terminal.h). */
void uart_more(void);
/* From a fault: a line, whatever the state of all else. Waits for the line. */
void uart_last_words(const char *text, uint32_t address);

/* Opens the application port. */
void uart_slip_start(void);
/* See port_receive and port_send. */
uint32_t uart_slip_receive(uint8_t *to, uint32_t room);
bool uart_slip_send(const uint8_t *packet, uint32_t len);
/* Packets that were damaged or came too fast. */
uint32_t uart_slip_lost(void);

/* A packet waits. */
bool uart_slip_waiting(void);

void uart_console_interrupt(void);
void uart_slip_interrupt(void);

#endif
