// What every image must be: free of imports and of memory.grow, within its pages, without two owners of one door.

/** LEB128, unsigned. */
function uleb(bytes, at) {
  let value = 0;
  let shift = 0;
  for (;;) {
    const b = bytes[at.i++];
    value += (b & 0x7f) * 2 ** shift;
    if (b < 0x80) return value;
    shift += 7;
  }
}
/** Does the code section hold a memory.grow instruction? `wasm-dis` knows where instructions start; bytes alone do not. */
async function growsMemory(bytes) {
  const { default: binaryen } = await import("binaryen");
  const module = binaryen.readBinary(bytes);
  const text = module.emitText();
  module.dispose();
  return text.includes("memory.grow");
}
/** `{pages, faults}` of an image; `pages` in the options is the most it may have. */
export function scanImage(bytes, options) {
  const faults = [];
  const module = new WebAssembly.Module(bytes);
  for (const i of WebAssembly.Module.imports(module))
    faults.push(`imports ${i.module}.${i.name}; an image imports nothing`);
  let pages = 0;
  const at = { i: 8 };
  while (at.i < bytes.length) {
    const id = bytes[at.i++];
    const size = uleb(bytes, at);
    const end = at.i + size;
    if (id === 5) {
      uleb(bytes, at);
      const limited = bytes[at.i++] & 1;
      pages = uleb(bytes, at);
      if (!limited) faults.push("its memory has no maximum");
    }
    at.i = end;
  }
  if (pages > options.pages) faults.push(`${pages} pages of memory, allowed are ${options.pages}`);
  if (faults.length === 0) {
    const version = new WebAssembly.Instance(module).exports.abi() >>> 0;
    if (version & 0x80000000) {
      faults.push(`two roles own door ${(version >>> 16) & 0x7fff}, key ${version & 0xffff}`);
    }
  }
  return { pages, faults };
}
export { growsMemory };
