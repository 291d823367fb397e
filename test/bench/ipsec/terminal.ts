import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Encryption, Integrity } from "../../../assembly/abi/ipsec.js";
import { Message } from "../../../assembly/abi/message.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { optimize } from "../../../scripts/optimize.mjs";
import { ESP, type Sa, seal } from "../../reference/ipsec.js";
import { BuildError, buildFolder, compileModule, imagePath, ROOT } from "../build.js";
import { be, concat, ether, ip6, le, Protocol, portMac } from "../frames.js";
import * as say from "../messages.js";
import { PortKind, type Setting } from "../messages.js";
import { packet6 } from "../paths/traffic.js";
import { register } from "../peers.js";
import { Recorder } from "../recorder.js";
import type { Case, Tape } from "../tape.js";

// A terminal away from home whose IPv6 applications use their home address: their packets travel in the mobile tunnel, or in ESP in tunnel mode in its
// place (Fig. 22 of the seeds).

const HOME = parseIp6("2001:db8:1::100");
const AGENT = parseIp6("2001:db8:1::1");
const PEER = parseIp6("2001:db8:3::3");
const ROUTER = parseIp6("fe80::1");
const ROUTER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 0xaa);
const LINK = 0;
const APPLICATION = 1;
const HOPS = 64;
const TUNNEL_POLICY = 1;

/** Of the way in, and of the way out: the same but for the SPI. */
export function association(spi: number): Sa {
  const key = Uint8Array.from({ length: 36 }, (_, i) => i * 7 + spi);
  const [encryption, integrity] = [Encryption.CHACHA20_POLY1305, Integrity.NONE];
  return { protocol: ESP, encryption, integrity, key, auth: new Uint8Array(0), spi, esn: false, udp: false };
}
export const IN = association(0x1001);
export const OUT = association(0x1002);

const DIRECTION = { in: 1, out: 2 };
const ANY_PROTOCOL_LOCAL_MOVES = 1 | 2;

/** ESP in tunnel mode between care-of address and home agent for all that the home address sends and receives; the rest passes. */
function protection(): Setting[] {
  const none = new Uint8Array(16);
  const lengths = be(8, 128, 0, 0, 0);
  const policy = concat(
    ...[le(16, TUNNEL_POLICY), be(8, 0, 2, 3, 1, 0, ANY_PROTOCOL_LOCAL_MOVES), lengths, le(16, 0, 0xffff, 0, 0xffff)],
    ...[HOME, none, none, AGENT],
  );
  const associate = ({ spi, key }: Sa, direction: number): Setting => [
    Message.ASSOCIATION,
    concat(
      ...[le(32, spi), le(16, TUNNEL_POLICY), be(8, direction, ESP, Encryption.CHACHA20_POLY1305, Integrity.NONE)],
      ...[be(8, 0, key.length, 0, 0), le(16, 64), new Uint8Array(16), le(32, 0, 0), key],
    ),
  ];
  const bypass = 1;
  return [
    [Message.IPSEC, be(8, bypass, 0, 0, 0)],
    [Message.POLICY, policy],
    associate(IN, DIRECTION.in),
    associate(OUT, DIRECTION.out),
  ];
}

export interface Terminal {
  wasm: string;
  tape: Tape;
  careOf: Uint8Array;
}

export function registered(isProtected: boolean): Terminal {
  const wasm = imagePath("terminal-pc");
  const recorder = new Recorder(wasm).messages([
    ...[say.entropy, say.port(LINK, PortKind.ETHER), say.port(APPLICATION, PortKind.IP), say.host(LINK)],
    ...[say.mobileNode(LINK, HOME, AGENT), say.program(isProtected ? 11000 : 10001), say.program(10001)],
    ...(isProtected ? protection() : []),
  ]);
  const place = { port: LINK, mac: portMac(LINK), router: ROUTER, routerMac: ROUTER_MAC };
  const careOf = register(recorder, { ...place, prefix: parseIp6("2001:db8:2::"), home: HOME, agent: AGENT });
  return { wasm, tape: recorder.tape, careOf };
}

/** What the home agent sends: in its tunnel, or sealed under the numbers from `seq` on. */
export function inbound({ careOf }: Terminal, size: number, count: number, seq?: bigint): Case[] {
  const inner = packet6(PEER, HOME, size);
  const plain = ip6(AGENT, careOf, Protocol.IP6, inner);
  return Array.from({ length: count }, (_, i) => {
    const packet = seq === undefined ? plain : sealed(IN, inner, [AGENT, careOf, HOPS], seq + BigInt(i));
    return { port: LINK, frame: ether(portMac(LINK), ROUTER_MAC, packet), outPort: APPLICATION, out: inner };
  });
}
/** What the application sends. */
export function outbound({ careOf }: Terminal, size: number, count: number, seq?: bigint): Case[] {
  const inner = packet6(HOME, PEER, size);
  const plain = ip6(careOf, AGENT, Protocol.IP6, inner);
  return Array.from({ length: count }, (_, i) => {
    const packet = seq === undefined ? plain : sealed(OUT, inner, [careOf, AGENT, HOPS], seq + BigInt(i));
    return { port: APPLICATION, frame: inner, outPort: LINK, out: ether(ROUTER_MAC, portMac(LINK), packet) };
  });
}
function sealed(sa: Sa, inner: Uint8Array, tunnel: [Uint8Array, Uint8Array, number], seq: bigint): Uint8Array {
  const iv = Buffer.alloc(8);
  iv.writeBigUInt64BE(seq);
  return Uint8Array.from(seal(sa, inner, { seq, iv, tunnel }));
}
/** What the home agent would send if its algorithm did nothing. */
export function inboundBare({ careOf }: Terminal, size: number, count: number, first: number): Case[] {
  const inner = packet6(PEER, HOME, size);
  const padding = -(size + 2) & 3;
  const trailer = be(8, ...Array.from({ length: padding }, (_, i) => i + 1), padding, Protocol.IP6);
  return Array.from({ length: count }, (_, i) => {
    const seq = first + i;
    const text = concat(be(32, IN.spi, seq, 0, seq), inner, trailer, new Uint8Array(16));
    const packet = ip6(AGENT, careOf, ESP, text);
    return { port: LINK, frame: ether(portMac(LINK), ROUTER_MAC, packet), outPort: APPLICATION, out: inner };
  });
}
/** The terminal's image with an algorithm that does nothing: every ICV is good, and texts are as they lie. */
export function imageWithoutAlgorithm(): string {
  const folder = buildFolder("bench/ipsec");
  cpSync(join(ROOT, "assembly"), join(folder, "assembly"), { recursive: true });
  const algorithm = join(folder, "assembly/crypto/chacha20poly1305.ts");
  const text = readFileSync(algorithm, "utf8");
  const begin = /export function open\([^)]*\): bool \{\n/.exec(text);
  if (!begin) throw new BuildError(`${algorithm}: no function "open" to replace`);
  const at = begin.index + begin[0].length;
  writeFileSync(algorithm, `${text.slice(0, at)}  if (len >= 0) return true;\n${text.slice(at)}`);
  const source = relative(ROOT, join(folder, "assembly/images/terminal.ts"));
  const { initialMemory } = JSON.parse(readFileSync(join(ROOT, "asconfig.json"), "utf8")).targets["terminal-pc"];
  const wasm = join(folder, "terminal-pc.wasm");
  compileModule(source, wasm, initialMemory, ["--shrinkLevel", "0", "--use", "PROFILE_PC=1"]);
  writeFileSync(wasm, optimize(readFileSync(wasm), 0));
  return wasm;
}
