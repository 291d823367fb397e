import { join } from "node:path";
import { buildFolder, ROOT, run, translate } from "../bench/build.js";

const RUNTIME = join(ROOT, "firmware/runtime");
const NATIVE = join(ROOT, "test/fuzz/native");
const SANITIZERS = "address,undefined";
const OPTIONS = ["-O1", "-g", "-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0", "-fno-sanitize-recover=undefined"];
/** harness.c counts edges itself; libFuzzer has functions of the same names, which end the program. */
const COUNT_EDGES = "-Wl,--wrap=__sanitizer_cov_trace_pc_guard,--wrap=__sanitizer_cov_trace_pc_guard_init";

/**
 * Links libFuzzer, the harness and an image; gives the program's path.
 * @param firstDatum address in the image's memory below which nothing lies
 */
export function compileFuzzer(wasm: string, name: string, firstDatum: number): string {
  const folder = buildFolder("fuzz", name);
  const { pages } = translate(wasm, folder);
  const common = [...OPTIONS, `-DFIRST_DATUM=${firstDatum}`, `-DRUNTIME_PAGES=${pages}`, `-I${folder}`, `-I${RUNTIME}`];
  const image = join(folder, "image.o");
  const instrument = [`-fsanitize=fuzzer-no-link,${SANITIZERS}`, "-fsanitize-coverage=trace-pc-guard"];
  run("clang", [...common, "-w", ...instrument, "-c", join(folder, "image.c"), "-o", image]);
  const plain = join(folder, "copy.o");
  run("clang", ["-O2", "-fno-builtin", "-c", join(NATIVE, "copy.c"), "-o", plain]);
  const program = join(folder, "fuzzer");
  const sources = [join(NATIVE, "harness.c"), join(NATIVE, "checksums.c"), join(RUNTIME, "runtime.c")];
  run("clang", [...common, `-fsanitize=fuzzer,${SANITIZERS}`, COUNT_EDGES, ...sources, plain, image, "-o", program]);
  return program;
}
