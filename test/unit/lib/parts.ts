/** The core's small parts (test/unit/assembly/parts.ts), compiled for the tests and callable one by one. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../host-sim/core/root.js";

export interface Parts {
  memory: WebAssembly.Memory;
  room(): number;
  sum(p: number, length: number, start: bigint): bigint;
  fold(sum: bigint): number;
  finish(sum: bigint): number;
  adjust(field: number, was: bigint, is: bigint): number;
  pseudo6(source: number, destination: number, length: number, next: number): bigint;
  prefixEq(a: number, b: number, bits: number): number;
  prefixMask(a: number, bits: number): void;
  commonPrefix(a: number, b: number): number;
  solicitedNode(to: number, a: number): void;
  isSolicitedNode(a: number): number;
  isMartianSource(a: number): number;
  seqAfter(a: number, b: number): number;
  sipHash24(key: number, p: number, words: number): bigint;
  isReserved(id: number): number;
  putIdentifier(to: number, secret: number, mac: number, counter: number): number;
  putRoute(prefix: number, length: number, hop: number, port: number): number;
  deleteRoute(prefix: number, length: number, hop: number): number;
  findRoute(destination: number): number;
  ndOptionsOk(p: number, end: number): number;
  ndOption(p: number, end: number, type: number): number;
}

/** Capacities and variants of base/config.ts. */
export type Profile = "pc" | "board";
export const PROFILES: readonly Profile[] = ["pc", "board"];

const modules = new Map<Profile, WebAssembly.Module>();

/** A fresh instance: tables are empty. */
export function parts(profile: Profile = "pc"): Parts {
  const module = modules.get(profile) ?? compile(profile);
  modules.set(profile, module);
  return new WebAssembly.Instance(module).exports as unknown as Parts;
}

function compile(profile: Profile): WebAssembly.Module {
  mkdirSync(join(ROOT, "build", "test"), { recursive: true });
  const out = join(ROOT, "build", "test", `parts-${profile}-${process.pid}.wasm`);
  const asc = join(ROOT, "node_modules", "assemblyscript", "bin", "asc.js");
  const options = ["--runtime", "stub", "-O1", "--noAssert", "--use", "abort="];
  if (profile === "pc") options.push("--use", "PROFILE_PC=1");
  execFileSync(process.execPath, [asc, "test/unit/assembly/parts.ts", ...options, "-o", out], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "pipe"],
  });
  return new WebAssembly.Module(readFileSync(out));
}

/** Writes bytes into the instance's memory at `at`; returns `at`. */
export function poke(p: Parts, at: number, bytes: Uint8Array): number {
  new Uint8Array(p.memory.buffer).set(bytes, at);
  return at;
}
export function peek(p: Parts, at: number, length: number): Uint8Array {
  return new Uint8Array(p.memory.buffer).slice(at, at + length);
}
