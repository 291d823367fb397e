export function shrink(wasm: Uint8Array): Uint8Array;
