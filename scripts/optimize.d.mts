export function optimize(wasm: Uint8Array, shrinkLevel: number): Uint8Array;
