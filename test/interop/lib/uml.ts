import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab, Namespace } from "./netns.js";
import type { Background, Outcome } from "./process.js";

/**
 * A Linux kernel of its own as a peer (Debian's user-mode-linux): it has ip6_tunnel, mip6, xfrm and netem, which the
 * kernel of the machine may lack. Its root file system is the machine's, read only;
 * /run is its own.
 *
 * Commands go in and answers come back over the serial line ttyS0, which is the UML process's stdin and stdout:
 *
 *     to the guest     ID base64(shell command)\n
 *     from the guest   #ID STATUS base64(output of stdout and stderr)\n
 *
 * Commands run side by side; the end of stdin powers the guest off.
 */
const INIT = `#!/bin/bash
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ LC_ALL=C TMPDIR=/run
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmp /run
# Modules of the guest's kernel; its own requests for modules must find them too.
mkdir -p /run/m/lib
ln -s /usr/lib/uml/modules /run/m/lib/modules
printf '#!/bin/bash\\nexec /usr/sbin/modprobe -d /run/m "$@"\\n' > /run/modprobe
chmod +x /run/modprobe
echo /run/modprobe > /proc/sys/kernel/modprobe
stty raw -echo < /dev/ttyS0
exec 8< /dev/ttyS0 9> /dev/ttyS0
: > /run/line
for module in ipv6 $MODULES; do /run/modprobe $module; done
ip link set lo up
answer() { # id, command
  local output status
  output=$(bash -c "$2" 2>&1 < /dev/null 8<&- 9<&-)
  status=$?
  { flock 7; printf '#%s %s %s\\n' "$1" "$status" "$(printf %s "$output" | base64 -w0)" >&9; } 7< /run/line
}
echo "#0 0 " >&9
while read -r id command <&8; do
  answer "$id" "$(printf %s "$command" | base64 -d)" &
done
sysctl -qw kernel.printk=1
echo o > /proc/sysrq-trigger
sleep 5
`;

export interface UmlOptions {
  /** Kernel modules besides ipv6, for instance `["ip6_tunnel", "mip6"]`. */
  modules?: readonly string[];
  /** TAP devices of the namespace, in order: vec0, vec1, ... inside. */
  taps: readonly string[];
  /** Memory of the guest, MB. */
  memory?: number;
}

export class Uml {
  readonly #process: Background;
  readonly #label: string;
  #next = 1;

  private constructor(process: Background, label: string) {
    this.#process = process;
    this.#label = label;
  }

  /** Boots a guest whose devices are TAPs made by `Lab.tap` in `ns`. Temporary files go into `folder`. */
  static async boot(ns: Namespace, folder: string, label: string, options: UmlOptions): Promise<Uml> {
    const init = join(folder, `${label}-init.sh`);
    writeFileSync(init, INIT.replace("$MODULES", (options.modules ?? []).join(" ")));
    chmodSync(init, 0o755);
    const home = join(folder, `${label}-uml`);
    mkdirSync(home, { recursive: true });
    const guest = ns.start([
      "linux.uml",
      `mem=${options.memory ?? 128}M`,
      `umid=${label}`,
      `uml_dir=${home}/`,
      "rootfstype=hostfs",
      "root=none",
      "ro",
      `init=${init}`,
      "con=null",
      "con0=null,fd:2",
      "ssl=null",
      "ssl0=fd:0,fd:1",
      "quiet",
      "selinux=0",
      ...options.taps.map((tap, i) => `vec${i}:transport=tap,ifname=${tap},depth=64`),
    ]);
    const uml = new Uml(guest, label);
    await guest.line(/^#0 0 /, 30_000);
    for (let i = 0; i < options.taps.length; i++) {
      await uml.must(`ethtool -K vec${i} tx off tso off gso off gro off 2>/dev/null; ip link set vec${i} up`);
    }
    return uml;
  }

  /** Runs a shell command inside. stdout and stderr come back together, as `stdout`. */
  async run(command: string, timeoutMs = 20_000): Promise<Outcome> {
    const id = this.#next++;
    const from = this.#process.lines.length;
    this.#process.write(`${id} ${Buffer.from(command).toString("base64")}\n`);
    const line = await this.#process.line(new RegExp(`^#${id} `), timeoutMs, from);
    const [, status, output] = line.split(" ");
    return { status: Number(status), stdout: Buffer.from(output ?? "", "base64").toString(), stderr: "" };
  }

  /** Runs a shell command that has to succeed; its output. */
  async must(command: string, timeoutMs = 20_000): Promise<string> {
    const outcome = await this.run(command, timeoutMs);
    if (outcome.status !== 0) {
      throw new Error(`${this.#label}: ${command}: exit ${outcome.status}: ${outcome.stdout.trim().slice(-600)}`);
    }
    return outcome.stdout;
  }

  /** Starts a command that stays; its output goes to the guest's `/run/NAME.log`. */
  async background(name: string, command: string): Promise<void> {
    await this.must(`setsid bash -c ${shellWord(command)} > /run/${name}.log 2>&1 < /dev/null &`);
  }

  log(name: string): Promise<string> {
    return this.must(`cat /run/${name}.log`);
  }

  /** What the guest's kernel said on its console. */
  get console(): string[] {
    return this.#process.lines.filter((line) => !line.startsWith("#"));
  }

  async stop(): Promise<void> {
    await this.#process.stop("SIGTERM", 1000);
  }
}

const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A guest with one TAP in a namespace of its own, joined to `ns` by a veth that appears there as `device`. */
export async function umlBehind(
  lab: Lab,
  folder: string,
  label: string,
  links: readonly { ns: Namespace; device: string; mtu?: number }[],
  modules: readonly string[] = [],
): Promise<Uml> {
  const home = await lab.namespace(label);
  const taps: string[] = [];
  for (const [i, link] of links.entries()) {
    taps.push(`tap${i}`);
    await lab.tap(home, `tap${i}`, link.mtu);
    await lab.wire(home, `port${i}`, link.ns, link.device, link.mtu);
    await lab.bridge(home, `br${i}`, [`tap${i}`, `port${i}`]);
  }
  return Uml.boot(home, folder, label, { modules, taps });
}
