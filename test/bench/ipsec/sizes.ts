/** Bytes of the applications' packets. */
export const IPSEC_SIZES = [64, 512, 1200, 1280] as const;
