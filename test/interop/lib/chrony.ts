import { writeFileSync } from "node:fs";
import type { Namespace } from "./netns.js";
import type { Background } from "./process.js";
import type { Bench } from "./suite.js";
import { unpacked } from "./unpacked.js";

export const CHRONYD = "/usr/sbin/chronyd";
const CHRONYC = "/usr/bin/chronyc";

let serial = 0;

/** Command and control socket of a chronyd that leaves the clock alone (-x) and has its files in the folder of the suite. */
function chronyd(bench: Bench, lines: readonly string[]): { command: string[]; socket: string } {
  const name = bench.file(`chrony-${serial++}`);
  const socket = `${name}.sock`;
  const own = ["cmdport 0", `bindcmdaddress ${socket}`, `pidfile ${name}.pid`];
  writeFileSync(`${name}.conf`, `${[...lines, ...own].join("\n")}\n`);
  return { command: [unpacked("chrony", CHRONYD), "-d", "-x", "-u", "root", "-f", `${name}.conf`], socket };
}

function start(bench: Bench, ns: Namespace, command: readonly string[]): Promise<string> {
  const daemon: Background = ns.start(command);
  bench.atEnd(() => daemon.stop());
  return daemon.line(/Running with root privileges/, 10_000);
}

/** A time server at every address of the namespace, port 123, which says that its own clock is right. Answers when it serves. */
export async function startTimeServer(bench: Bench, ns: Namespace): Promise<void> {
  const { command } = chronyd(bench, ["local stratum 3", "allow ::/0"]);
  await start(bench, ns, command);
}

/** `chronyd -Q` asks the server, prints by how many seconds the clock is wrong, and ends; undefined when nobody answered in time. */
export async function askTime(
  bench: Bench,
  ns: Namespace,
  server: string,
  timeoutS: number,
): Promise<number | undefined> {
  const { command } = chronyd(bench, [`server ${server} iburst`]);
  const { stdout, stderr } = await ns.run([...command, "-Q", "-t", `${timeoutS}`]);
  const wrong = /System clock wrong by (-?[\d.]+) seconds/.exec(stdout + stderr)?.[1];
  return wrong === undefined ? undefined : Number(wrong);
}

/** A chronyd that follows these servers. Answers what `chronyc` words say of it. */
export async function startTimeClient(
  bench: Bench,
  ns: Namespace,
  servers: readonly string[],
): Promise<(...words: string[]) => Promise<string>> {
  const { command, socket } = chronyd(
    bench,
    servers.map((server) => `server ${server} iburst minpoll 0 maxpoll 1`),
  );
  await start(bench, ns, command);
  return (...words) => ns.must([unpacked("chrony", CHRONYC), "-h", socket, "-c", "-n", ...words]);
}
