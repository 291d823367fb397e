/** Registers, commands and bits of the W5500 (WIZnet, W5500 Datasheet 1.0.9, §3 and §4). Words of 16 bits are big-endian. */

/** Block select: bits 7-3 of the control byte; socket n has three blocks from `SOCKET + 4 * n` on. */
export const Block = { COMMON: 0, SOCKET: 1, TX: 2, RX: 3, PER_SOCKET: 4 } as const;

export const Common = {
  MR: 0x00,
  SHAR: 0x09,
  IR: 0x15,
  IMR: 0x16,
  SIR: 0x17,
  SIMR: 0x18,
  RTR: 0x19,
  RCR: 0x1b,
  PTIMER: 0x1c,
  PMRU: 0x26,
  UIPR: 0x28,
  PHYCFGR: 0x2e,
  VERSIONR: 0x39,
  SIZE: 0x40,
} as const;

export const Socket = {
  MR: 0x00,
  CR: 0x01,
  IR: 0x02,
  SR: 0x03,
  DHAR: 0x06,
  TTL: 0x16,
  RXBUF_SIZE: 0x1e,
  TXBUF_SIZE: 0x1f,
  TX_FSR: 0x20,
  TX_RD: 0x22,
  TX_WR: 0x24,
  RX_RSR: 0x26,
  RX_RD: 0x28,
  RX_WR: 0x2a,
  IMR: 0x2c,
  FRAG: 0x2d,
  SIZE: 0x30,
} as const;

/** Sn_CR. */
export const Command = { OPEN: 0x01, CLOSE: 0x10, SEND: 0x20, RECV: 0x40 } as const;
/** Sn_SR. */
export const Status = { CLOSED: 0x00, MACRAW: 0x42 } as const;
/** Sn_IR. */
export const SocketInterrupt = { RECV: 0x04, SENDOK: 0x10 } as const;
/** Sn_MR of a socket in MACRAW mode: the protocol, and what it does not let in. */
export const Mode = {
  PROTOCOL: 0x0f,
  MACRAW: 0x04,
  NO_IP6: 0x10,
  NO_MULTICAST: 0x20,
  NO_BROADCAST: 0x40,
  FILTER: 0x80,
} as const;
export const MODE_RESET = 0x80;
/** PHYCFGR: the PHY's own reset is written as 0; link, 100 Mbit/s, full duplex are read. */
export const Phy = { NO_RESET: 0x80, WRITABLE: 0xf8, LINK: 0x07, START: 0xb8 } as const;
export const VERSION = 0x04;
