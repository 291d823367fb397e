/** tayga (a NAT64 of RFC 6145, Debian package) in a namespace of its own, as a function from a packet to what it answers. */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytes, UDP, u32, writeIp4, writeIp6 } from "../../reference/ip.js";
import { seal, udp } from "../../reference/upper.js";
import { type Background, until } from "../lib/process.js";
import type { Bench } from "../lib/suite.js";

const EXCHANGE = join(dirname(fileURLToPath(import.meta.url)), "exchange.py");
const DEVICE = "nat64";

/** Pairs of addresses that stand for each other, the host first. */
export interface Pair {
  ip4: string;
  ip6: string;
  bytes4: Uint8Array;
  bytes6: Uint8Array;
}

export class Tayga {
  private count = 0;
  private read = 0;

  private constructor(
    private readonly exchange: Background,
    private readonly host: Pair,
    private readonly peer: Pair,
  ) {}

  static async start(bench: Bench, host: Pair, peer: Pair): Promise<Tayga> {
    const ns = await bench.lab.namespace("tayga");
    const config = bench.file("tayga.conf");
    const maps = [host, peer].map(({ ip4, ip6 }) => `map ${ip4} ${ip6}`);
    const own = ["ipv4-addr 192.0.2.1", "ipv6-addr 2001:db8:ff::1"];
    writeFileSync(config, [`tun-device ${DEVICE}`, ...own, ...maps, `data-dir ${bench.folder}`, ""].join("\n"));
    await ns.must(["tayga", "--config", config, "--mktun"]);
    await ns.sysctl({ [`net.ipv6.conf.${DEVICE}.disable_ipv6`]: 1 });
    await ns.ip(`link set ${DEVICE} up`);
    const tayga = ns.start(["tayga", "--config", config, "--nodetach", "-d"]);
    bench.atEnd(() => tayga.stop());
    const exchange = ns.start(["/usr/bin/python3", "-u", EXCHANGE, DEVICE]);
    bench.atEnd(() => exchange.stop());
    await exchange.line(/"ready"/, 20_000);
    await until("tayga has its device", async () => /LOWER_UP/.test(await ns.ip(`link show ${DEVICE}`)), 10_000);
    return new Tayga(exchange, host, peer);
  }

  /** What comes out for each packet, in order. */
  async translate(packets: Uint8Array[]): Promise<Uint8Array[][]> {
    const results: Uint8Array[][] = [];
    for (const packet of packets) {
      const sign = bytes(new TextEncoder().encode("sixfold marker "), u32(this.count++));
      const marker = packet[0] >> 4 === 4 ? this.marker4(sign) : this.marker6(sign);
      this.exchange.write(`${JSON.stringify({ packet: hex(packet), marker: hex(marker), sign: hex(sign) })}\n`);
      const line = await this.exchange.line(/^\{/, 10_000, ++this.read);
      const { came, error } = JSON.parse(line) as { came?: string[]; error?: string };
      if (!came) throw new Error(`tayga: ${error}`);
      results.push(came.map((text) => Uint8Array.from(Buffer.from(text, "hex"))));
    }
    return results;
  }

  private marker4(sign: Uint8Array): Uint8Array {
    const ends = { src: this.host.bytes4, dst: this.peer.bytes4 };
    return writeIp4({ ...ends, df: true, protocol: UDP, payload: seal(ends, UDP, udp(9, 9, sign)) });
  }
  private marker6(sign: Uint8Array): Uint8Array {
    const ends = { src: this.peer.bytes6, dst: this.host.bytes6 };
    return writeIp6({ ...ends, next: UDP, payload: seal(ends, UDP, udp(9, 9, sign)) });
  }
}

const hex = (packet: Uint8Array): string => Buffer.from(packet).toString("hex");
