/** The module without the headers of its function objects. */
export function stripObjects(wasm: Uint8Array): Uint8Array;
