import { writeFileSync } from "node:fs";
import type { Namespace } from "./netns.js";
import type { Background } from "./process.js";
import type { Bench } from "./suite.js";
import { unpacked } from "./unpacked.js";

export const UNBOUND = "/usr/sbin/unbound";

/** What it answers, of which it is the only source: it asks nobody. */
export const ZONE = "example.test";

/** Texts of `big.ZONE TXT`: the answer has some 1450 bytes. */
export const BIG = Array.from({ length: 6 }, (_, i) => `${i}`.repeat(220));

/**
 * Runs unbound at addresses of the namespace, port 53. `who` is what `who.ZONE TXT` says: it tells one server from another. Answers when
 * it serves.
 */
export async function startUnbound(
  bench: Bench,
  ns: Namespace,
  who: string,
  addresses: readonly string[],
): Promise<Background> {
  const file = bench.file(`unbound-${who}.conf`);
  writeFileSync(
    file,
    `server:
  directory: "${bench.folder}"
${addresses.map((address) => `  interface: ${address}`).join("\n")}
  access-control: ::/0 allow
  module-config: "iterator"
  username: ""
  chroot: ""
  pidfile: ""
  logfile: ""
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  edns-buffer-size: 4096
  max-udp-size: 4096
  local-zone: "${ZONE}." static
  local-data: 'who.${ZONE}. TXT "${who}"'
${BIG.map((text) => `  local-data: 'big.${ZONE}. TXT "${text}"'`).join("\n")}
remote-control:
  control-enable: no
`,
  );
  const daemon = ns.start([unpacked("unbound", UNBOUND), "-d", "-c", file]);
  bench.atEnd(() => daemon.stop());
  await daemon.line(/start of service/, 10_000);
  return daemon;
}

export interface Answer {
  /** 0: an answer came; 9: none did (dig(1)). */
  exit: number;
  status: string;
  texts: string[];
  /** Bytes of the DNS message. */
  size: number;
  /** Who answered, as dig saw it, with the port. */
  from: string;
  output: string;
}

/** One `dig NAME TXT @SERVER`, asked once over UDP; further words are dig's. */
export async function dig(ns: Namespace, server: string, name: string, ...words: string[]): Promise<Answer> {
  const argv = ["dig", `@${server}`, `${name}.${ZONE}`, "TXT", "+tries=1", "+time=2", "+ignore", "+nocookie", ...words];
  const { status: exit, stdout: output } = await ns.run(argv);
  return {
    exit,
    output,
    status: /status: (\w+)/.exec(output)?.[1] ?? "",
    texts: [...output.matchAll(/\sTXT\s+"(.*)"$/gm)].map(([, text]) => text).sort(),
    size: Number(/MSG SIZE +rcvd: (\d+)/.exec(output)?.[1] ?? 0),
    from: /SERVER: (\S+?)\(/.exec(output)?.[1] ?? "",
  };
}
