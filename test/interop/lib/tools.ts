import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CHRONYD } from "./chrony.js";
import { DAEMON } from "./resolved.js";
import { UNBOUND } from "./unbound.js";
import { places } from "./unpacked.js";

/** What a suite may ask for: the program or file that proves it (or one of them), and the Debian package that brings it. */
const TOOLS = {
  ip: { proof: "ip", package: "iproute2" },
  ping: { proof: "ping", package: "iputils-ping" },
  sysctl: { proof: "sysctl", package: "procps" },
  ethtool: { proof: "ethtool", package: "ethtool" },
  tcpdump: { proof: "tcpdump", package: "tcpdump" },
  tshark: { proof: "tshark", package: "tshark" },
  radvd: { proof: "radvd", package: "radvd" },
  curl: { proof: "curl", package: "curl" },
  iperf3: { proof: "iperf3", package: "iperf3" },
  gcc: { proof: "gcc", package: "gcc" },
  wasm2c: { proof: "wasm2c", package: "wabt" },
  riscvGcc: { proof: "riscv64-unknown-elf-gcc", package: "gcc-riscv64-unknown-elf" },
  picolibc: { proof: "/usr/lib/picolibc/riscv64-unknown-elf", package: "picolibc-riscv64-unknown-elf" },
  armGcc: { proof: "arm-none-eabi-gcc", package: "gcc-arm-none-eabi" },
  armPicolibc: { proof: "/usr/lib/picolibc/arm-none-eabi", package: "picolibc-arm-none-eabi" },
  qemuRiscv: { proof: "qemu-system-riscv32", package: "qemu-system-misc" },
  uml: { proof: "linux.uml", package: "user-mode-linux" },
  python: { proof: "/usr/bin/python3", package: "python3" },
  dbus: { proof: "dbus-daemon", package: "dbus" },
  resolved: { proof: places("systemd-resolved", DAEMON), package: "systemd-resolved" },
  dig: { proof: "dig", package: "bind9-dnsutils" },
  unbound: { proof: places("unbound", UNBOUND), package: "unbound" },
  chrony: { proof: places("chrony", CHRONYD), package: "chrony" },
  zsh: { proof: "zsh", package: "zsh" },
  fish: { proof: "fish", package: "fish" },
  tayga: { proof: "tayga", package: "tayga" },
  scapy: { proof: "/usr/lib/python3/dist-packages/scapy", package: "python3-scapy" },
  /** What scapy encrypts with. */
  cryptography: { proof: "/usr/lib/python3/dist-packages/cryptography", package: "python3-cryptography" },
} as const;

export type Tool = keyof typeof TOOLS;

/** One sentence for each tool that is not there, naming the package that would bring it. */
export function missing(tools: Iterable<Tool>): string[] {
  const sentences: string[] = [];
  for (const tool of new Set(tools)) {
    const { proof, package: name } = TOOLS[tool];
    if ([proof].flat().some(present)) continue;
    const how = Array.isArray(proof)
      ? `scripts/setup-debian unpacks ${name}`
      : `install the Debian package ${name} (scripts/setup-debian does)`;
    sentences.push(`${tool} is missing: ${how}`);
  }
  return sentences;
}

function present(proof: string): boolean {
  if (proof.startsWith("/")) return existsSync(proof);
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, proof), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
