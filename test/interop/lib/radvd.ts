import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Namespace } from "./netns.js";
import type { Background } from "./process.js";

export interface AdvertisedPrefix {
  /** With length; with `routerAddress` the router's own address and the length, RFC 6275 §7.2. */
  prefix: string;
  autonomous?: boolean;
  onLink?: boolean;
  routerAddress?: boolean;
  /** Seconds. */
  valid?: number;
  /** Seconds. */
  preferred?: number;
}

export interface Advertisement {
  device: string;
  prefixes: readonly AdvertisedPrefix[];
  /** Seconds between unsolicited RAs; below 3 s as RFC 6275 §7.5 allows a router that serves mobile nodes. */
  minInterval?: number;
  maxInterval?: number;
  /** Router lifetime in seconds; 0: not a default router. */
  lifetime?: number;
  mtu?: number;
  hopLimit?: number;
  /** Advertise as home agent (H bit and home agent information option). */
  homeAgent?: { preference: number; lifetime: number };
  /** Name servers for the RDNSS option, RFC 8106. */
  rdnss?: readonly string[];
}

const onOff = (value: boolean): string => (value ? "on" : "off");

/** The text of radvd.conf for these links. */
export function radvdConf(links: readonly Advertisement[]): string {
  return links
    .map((link) => {
      const max = link.maxInterval ?? 4;
      const lines = [
        `interface ${link.device} {`,
        "  AdvSendAdvert on;",
        "  IgnoreIfMissing on;",
        `  MinRtrAdvInterval ${link.minInterval ?? Math.max(0.03, max * 0.33)};`,
        `  MaxRtrAdvInterval ${max};`,
        "  MinDelayBetweenRAs 0.03;",
        // Also what makes radvd accept intervals below 3 s.
        "  AdvIntervalOpt on;",
        `  AdvDefaultLifetime ${link.lifetime ?? 1800};`,
      ];
      if (link.mtu) lines.push(`  AdvLinkMTU ${link.mtu};`);
      if (link.hopLimit) lines.push(`  AdvCurHopLimit ${link.hopLimit};`);
      if (link.homeAgent) {
        lines.push("  AdvHomeAgentFlag on;", "  AdvHomeAgentInfo on;");
        lines.push(`  HomeAgentPreference ${link.homeAgent.preference};`);
        lines.push(`  HomeAgentLifetime ${link.homeAgent.lifetime};`);
      }
      for (const p of link.prefixes) {
        lines.push(`  prefix ${p.prefix} {`);
        lines.push(`    AdvOnLink ${onOff(p.onLink ?? true)};`, `    AdvAutonomous ${onOff(p.autonomous ?? true)};`);
        lines.push(`    AdvRouterAddr ${onOff(p.routerAddress ?? false)};`);
        lines.push(
          `    AdvValidLifetime ${p.valid ?? 7200};`,
          `    AdvPreferredLifetime ${p.preferred ?? 3600};`,
          "  };",
        );
      }
      if (link.rdnss?.length) lines.push(`  RDNSS ${link.rdnss.join(" ")} { };`);
      return `${lines.join("\n")}\n};\n`;
    })
    .join("");
}

/** Starts radvd in a namespace, which is made to forward (a host's kernel would refuse to advertise). */
export async function startRadvd(ns: Namespace, folder: string, links: readonly Advertisement[]): Promise<Background> {
  await ns.sysctl({ "net.ipv6.conf.all.forwarding": 1 });
  const conf = join(folder, `${ns.name}-radvd.conf`);
  writeFileSync(conf, radvdConf(links));
  const daemon = ns.start([
    "radvd",
    "-n",
    "-C",
    conf,
    "-p",
    join(folder, `${ns.name}-radvd.pid`),
    "-m",
    "stderr",
    "-d",
    "1",
  ]);
  await daemon.line(/version|started/i, 5000);
  const refused = daemon.lines.find((line) => /must be|syntax error|exiting/i.test(line));
  if (refused) throw new Error(`radvd: ${refused}`);
  return daemon;
}
