/** Numbers of pcapng, draft-ietf-opsawg-pcapng §4 and §3.5, and of the link types that we use. */
export const LinkType = { ETHERNET: 1, RAW: 101 } as const;

export const Block = { SECTION: 0x0a0d0d0a, INTERFACE: 1, SIMPLE_PACKET: 3, ENHANCED_PACKET: 6 } as const;
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
export const Option = {
  END: 0,
  COMMENT: 1,
  SHB_USERAPPL: 4,
  IF_NAME: 2,
  IF_DESCRIPTION: 3,
  IF_TSRESOL: 9,
  IF_TSOFFSET: 14,
} as const;
