/* UART0 is the console (115200 8N1), UART1 the application port (921600 8N1) with packets as SLIP. */
#ifndef SIXFOLD_UART_H
#define SIXFOLD_UART_H

#include <stdbool.h>
#include <stdint.h>

void uart_start(void);

/* Text for the console. All of it, or nothing where there is no room. */
void uart_write(const char *text, uint32_t len);
/* The next byte typed, -1 = none. */
int uart_read(void);
/* From a fault: a line, whatever the state of all else. Waits for the line. */
void uart_last_words(const char *text, uint32_t number);

/* Opens the application port. */
void uart_slip_start(void);
/* See port_receive and port_send. */
uint32_t uart_slip_receive(uint8_t *to, uint32_t room);
bool uart_slip_send(const uint8_t *packet, uint32_t len);
/* Packets that were damaged or came too fast. */
uint32_t uart_slip_lost(void);

/* A byte typed or a packet waits. */
bool uart_waiting(void);

void uart_console_interrupt(void);
void uart_slip_interrupt(void);

#endif
