/* What the main loop asks of a board: everything that a board's port.c has to write. Times are milliseconds since power on.
 *
 * A port number is the ABI's, as the configuration gives it: link ports from 0, then the application port.
 * board.json gives the constants: BOARD_NAME, FLASH_BLOCK, FLASH_BLOCKS, FLASH_UNIT. */
#ifndef SIXFOLD_PORT_H
#define SIXFOLD_PORT_H

#include <stdbool.h>
#include <stdint.h>

/* Kinds of ports; the numbers of assembly/abi/port.ts. */
enum port_kind { PORT_ETHER = 1, PORT_IP = 2 };

/* Clocks, console, devices. Called once, before anything else. */
void port_start(void);
uint64_t port_now_ms(void);
/* 32 bytes that nobody can guess. False: the board has no source of them, what it gave are bytes that differ from start to start at best. */
bool port_entropy(uint8_t to[32]);
/* True when the watchdog was what started the board. */
bool port_was_watchdog(void);

/* Makes a port ready. `mac` is the hardware's own address, or, where the configuration names one (`given`), the one to use.
 * False: the board has no such port. A device that does not answer is a port without a carrier, until it does. PORT_IP ports have no
 * address. */
bool port_open(uint32_t port, enum port_kind kind, bool given, uint8_t mac[6]);
/* Has the port a carrier? Cheap: asked in every turn of the loop. */
bool port_up(uint32_t port);
/* Takes the next frame (PORT_ETHER: Ethernet header first, no FCS; PORT_IP: IP header first). Its length, 0 = none waits. A frame
 * longer than `room` is consumed, its first bytes are written, and its whole length is the answer. */
uint32_t port_receive(uint32_t port, uint8_t *to, uint32_t room);
/* Sends a frame; the bytes are free again when it returns. False: not now, the same frame will be offered again. */
bool port_send(uint32_t port, const uint8_t *frame, uint32_t len);
/* What went wrong at a port since power on. */
struct port_faults {
  /* The device behind it failed and was started again. */
  uint32_t restarts;
  /* Frames that arrived damaged, or came while there was no room before the main loop could take them. */
  uint32_t lost;
};
struct port_faults port_faults(uint32_t port);

/* Console. Writing may drop bytes rather than block for longer than a frame takes. */
void port_write(const char *text, uint32_t len);
/* The next byte typed, -1 = none. */
int port_read(void);

/* The records' part of the flash: FLASH_BLOCKS erase blocks of FLASH_BLOCK bytes, `at` counts from its first byte.
 * Programming turns ones to zeros in multiples of FLASH_UNIT bytes at multiples of it; erased bytes are 0xff. False: it failed. */
void port_flash_read(uint32_t at, void *to, uint32_t len);
bool port_flash_erase(uint32_t block);
bool port_flash_program(uint32_t at, const void *from, uint32_t len);

/* The main loop is alive. Without a call for some seconds the board starts again. */
void port_watchdog(void);
/* Nothing to do until `ms`, or until a frame, a carrier change or a typed byte comes. May return earlier. */
void port_idle(uint64_t ms);

#endif
